"""Binary codes by the learned logistic model of the events, in whole numbers.

`models.event_tables` says what the model knows and in which order events are coded. Its logits are
sums of int16, and `probabilities.sigmoid_table` turns them into probabilities.
"""

import numpy as np
from numpy.typing import NDArray

from spiking_music.models.event_tables import GROUP, REACH, TAPS, LearnedTables
from spiking_music.rangecoder.binary_code import EventDecoder, take
from spiking_music.rangecoder.compiled import compiled, inner
from spiking_music.rangecoder.probabilities import LARGEST, sigmoid_table
from spiking_music.rangecoder.static import Decoded, Events, Predicted


class Learned:
    """Coding by `LearnedTables`."""

    def __init__(self, tables: LearnedTables) -> None:
        self._tables = LearnedTables(*map(np.ascontiguousarray, tables))
        self._squash = sigmoid_table()

    def operations(self, z: Events) -> int:
        """Multiply-accumulates that predicting z (N, T) takes, which do not depend on the events.

        Every tap of every parent, and at odd steps the group a step before and a step after.
        """
        units, steps = z.shape
        first = np.arange(units) // GROUP * GROUP  # of each unit's group
        parents = np.minimum(first, self._tables.parents.shape[1]).sum()
        group = np.minimum(units - first, GROUP).sum()
        return int(parents * TAPS * steps + group * 2 * (steps // 2))

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


def _padded(z: Events) -> NDArray[np.int16]:
    """z (N, T) with `REACH` silent steps at either side."""
    return np.pad(z.astype(np.int16), ((0, 0), (REACH, REACH)))


@inner()
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


@inner()
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


@compiled(allocates=True)
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


@compiled(allocates=True)
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
