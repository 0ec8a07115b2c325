"""Binary codes by a learned logistic model of the events, in whole numbers.

Units are coded in groups of `GROUP`, one group after the other, each over the whole block: its
parents, the units coded before it, are known at every step, before and after the one in question.
Within a group even steps come first, then the odd ones, which know their neighbours on both sides.
The logit of unit n at step t, in 1/64 nat, is

    bias[t odd, n] + Σ parents[n, m, r] · z[m, t + r − REACH]     over its parents m, all taps r
                   + Σ own[n, side, u] · z[u, t ± 1]              over its group u, where t is odd

with int16 weights of which `check` makes sure that no sum can overflow, and
`integers.sigmoid_table` turns it into a probability.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.entropy.binary_code import EventDecoder, take
from spiking_music.codec.entropy.compiled import compiled
from spiking_music.codec.entropy.integers import LARGEST, sigmoid_table
from spiking_music.codec.entropy.static import Decoded, Predicted
from spiking_music.codec.formats import Events
from spiking_music.errors import CodeError

GROUP = 4  # units
REACH = 4  # steps to either side at which parents are heard
TAPS = 2 * REACH + 1
PARENTS = 128  # most parents of a unit: the last units before its group
INT16 = 2**15 - 1
Weights = NDArray[np.int16]


class LearnedTables(NamedTuple):
    """The weights, in 1/64 nat. Parent j of a unit is unit (first of its group) − P + j."""

    bias: Weights  # (2, N): at even and at odd steps
    parents: Weights  # (N, P, TAPS), P = min(N, PARENTS); entries of units below 0 are unused
    own: Weights  # (N, 2, GROUP): of the group's units a step before and a step after


class Learned:
    """Coding by `LearnedTables`."""

    def __init__(self, tables: LearnedTables) -> None:
        self._tables = LearnedTables(*map(np.ascontiguousarray, tables))
        self._squash = sigmoid_table()

    def predict(self, z: Events) -> Predicted:
        """z (N, T) → its symbols and their k in coding order, (N·T,) each."""
        symbols, k = np.empty(z.size, np.int32), np.empty(z.size, np.uint16)
        _predict_all(_padded(z), *self._tables, self._squash, symbols, k)
        return Predicted(symbols, k)

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (N·T,) each."""
        units = len(self._tables.parents)
        z = _padded(np.zeros((units, steps), np.uint8))
        symbols, k = np.empty(units * steps, np.int32), np.empty(units * steps, np.uint16)
        _decode_all(decoder.words, decoder.state, z, *self._tables, self._squash, symbols, k)
        decoder.check()
        return Decoded(z[:, REACH : REACH + steps].astype(np.uint8), symbols, k)


def check(tables: LearnedTables) -> None:
    """`CodeError` where the logits of some code would not fit into 16 bits."""
    bias, parents, own = (np.abs(table.astype(np.int64)) for table in tables)
    if (bias.max(axis=0) + parents.sum(axis=(1, 2)) + own.sum(axis=(1, 2))).max() > INT16:
        raise CodeError("weights of an entropy model are too large: fit its tables again")


def _padded(z: Events) -> NDArray[np.int16]:
    """z (N, T) with `REACH` silent steps at either side."""
    return np.pad(z.astype(np.int16), ((0, 0), (REACH, REACH)))


@compiled()
def _hear_parents(z, first, parents, heard):  # type: ignore[no-untyped-def]
    """heard (GROUP, T) of the units from `first`: what their parents say."""
    steps, most = heard.shape[1], parents.shape[1]
    for u in range(min(GROUP, z.shape[0] - first)):
        sums = heard[u]
        for t in range(steps):
            sums[t] = 0
        for j in range(max(0, most - first), most):
            w, events = parents[first + u, j], z[first - most + j]
            w0, w1, w2, w3, w4, w5, w6, w7, w8 = (
                w[0],
                w[1],
                w[2],
                w[3],
                w[4],
                w[5],
                w[6],
                w[7],
                w[8],
            )
            for t in range(steps):
                sums[t] += (
                    w0 * events[t]
                    + w1 * events[t + 1]
                    + w2 * events[t + 2]
                    + w3 * events[t + 3]
                    + w4 * events[t + 4]
                    + w5 * events[t + 5]
                    + w6 * events[t + 6]
                    + w7 * events[t + 7]
                    + w8 * events[t + 8]
                )


@compiled()
def _predict_part(z, first, odd, bias, parents, own, sigmoid_table, heard, k):  # type: ignore[no-untyped-def]
    """k of the group from `first` at even or odd steps, unit by unit."""
    if not odd:
        _hear_parents(z, first, parents, heard)
    steps, size, i = heard.shape[1], min(GROUP, z.shape[0] - first), 0
    for u in range(size):
        n = first + u
        for t in range(odd, steps, 2):
            logit = heard[u, t] + bias[odd, n]
            if odd:
                for v in range(size):
                    before, after = z[first + v, REACH + t - 1], z[first + v, REACH + t + 1]
                    logit += own[n, 0, v] * before + own[n, 1, v] * after
            k[i] = sigmoid_table[min(max(logit, -LARGEST), LARGEST) + LARGEST]
            i += 1


@compiled()
def _predict_all(z, bias, parents, own, sigmoid_table, symbols, k):  # type: ignore[no-untyped-def]
    """All symbols of z (N, T + 2·REACH) and their k, in coding order."""
    units, steps, i = z.shape[0], z.shape[1] - 2 * REACH, 0
    heard = np.empty((GROUP, steps), np.int16)
    for first in range(0, units, GROUP):
        size = min(GROUP, units - first)
        for odd in range(min(2, steps)):
            start = i
            for n in range(first, first + size):
                for t in range(odd, steps, 2):
                    symbols[i] = z[n, REACH + t]
                    i += 1
            _predict_part(z, first, odd, bias, parents, own, sigmoid_table, heard, k[start:i])


@compiled()
def _decode_all(words, state, z, bias, parents, own, sigmoid_table, symbols, k):  # type: ignore[no-untyped-def]
    """The same, of z that is filled in as its symbols are decoded."""
    units, steps, i = z.shape[0], z.shape[1] - 2 * REACH, 0
    heard = np.empty((GROUP, steps), np.int16)
    for first in range(0, units, GROUP):
        size = min(GROUP, units - first)
        for odd in range(min(2, steps)):
            stop = i + size * ((steps + 1 - odd) // 2)
            _predict_part(z, first, odd, bias, parents, own, sigmoid_table, heard, k[i:stop])
            for n in range(first, first + size):
                for t in range(odd, steps, 2):
                    symbols[i] = take(words, state, k[i])
                    z[n, REACH + t] = symbols[i]
                    i += 1
