"""Binary codes by contexts that adapt within the block, step by step.

A unit's context is what it did lately (the last two steps, and whether anything happened in the six
before) and how many units were active in the last step (four classes). Every unit has a probability
a context, which starts from the shipped table and moves 1/32 of the way to every symbol.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spiking_music.codec.entropy.integers import WHOLE
from spiking_music.codec.entropy.range_code import Decoder
from spiking_music.codec.entropy.static import Decoded, Frequencies, Predicted
from spiking_music.codec.formats import Events

CLASSES = 4  # of the number of active units
CONTEXTS = 8 * CLASSES
RATE = 5  # a probability moves by 2^-RATE of its error
PRIOR = 8  # symbols that a unit's mean counts for in each of its contexts


class AdaptiveTables(NamedTuple):
    """What is shipped: where contexts start, and what separates the classes of activity."""

    k: Frequencies  # (N, CONTEXTS)
    thresholds: NDArray[np.int32]  # (CLASSES − 1,) events in a step, ascending


class Adaptive:
    """Coding by `AdaptiveTables`."""

    def __init__(self, tables: AdaptiveTables) -> None:
        self._tables = tables

    def predict(self, z: Events) -> Predicted:
        """z (N, T) → its symbols and their k in coding order (step by step), (N·T,) each."""
        symbols = np.ascontiguousarray(z.T).astype(np.int32)
        k = np.empty(symbols.shape, dtype=np.uint16)
        _predict_all(symbols, self._tables.k.astype(np.int32), self._tables.thresholds, k)
        return Predicted(symbols.ravel(), k.ravel())

    def decode(self, decoder: Decoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (N·T,) each."""
        units = len(self._tables.k)
        state = self._tables.k.astype(np.int32)
        past, contexts = np.zeros(units, np.uint8), np.zeros(units, np.uint8)
        k, p = np.empty((steps, units), np.uint16), np.empty(units)
        z = np.empty((steps, units), dtype=np.int32)
        thresholds = self._tables.thresholds
        _predict(state, past, 0, thresholds, contexts, k[0], p)
        for t in range(steps):
            z[t] = decoder.bernoulli(p)
            following = min(t + 1, steps - 1)
            _advance(z[t], state, past, thresholds, contexts, k[following], p, t + 1 < steps)
        return Decoded(np.ascontiguousarray(z.T.astype(np.uint8)), z.ravel(), k.ravel())


def fit_adaptive(z: Events, k: Frequencies) -> AdaptiveTables:
    """Tables of sampled codes z (clips, N, T), whose units have the mean probabilities k (N,)."""
    counts = np.zeros((len(k), CONTEXTS, 2), dtype=np.int64)
    active = z.sum(axis=1, dtype=np.int32)
    thresholds = np.quantile(active, [0.25, 0.5, 0.75], method="lower").astype(np.int32)
    for clip in z:
        _count(np.ascontiguousarray(clip.T).astype(np.int32), thresholds, counts)
    total, events = counts.sum(axis=2), counts[..., 1]
    k64 = k.astype(np.int64)[:, None]
    start = (WHOLE * events + PRIOR * k64 + (total + PRIOR) // 2) // (total + PRIOR)
    return AdaptiveTables(np.clip(start, 1, WHOLE - 1).astype(np.uint16), thresholds)


@njit(cache=True, nogil=True)
def _predict(state, past, active, thresholds, contexts, k, p):  # type: ignore[no-untyped-def]
    """The contexts (N,), k (N,) and p = k / 65536 of the step to come."""
    row = 0
    for threshold in thresholds:
        row += active > threshold
    for n in range(len(past)):
        context = (past[n] & 3) + (4 if past[n] > 3 else 0) + 8 * row
        contexts[n] = context
        k[n] = state[n, context]
        p[n] = state[n, context] / 65536.0


@njit(cache=True, nogil=True)
def _update(symbols, state, past, contexts):  # type: ignore[no-untyped-def]
    """Move what was used towards `symbols` (N,); how many of them are ones."""
    active = 0
    for n in range(len(past)):
        context, symbol = contexts[n], symbols[n]
        moved = state[n, context] + (((symbol << 16) - state[n, context]) >> RATE)
        state[n, context] = min(max(moved, 1), 65535)
        past[n] = (past[n] << 1) | symbol
        active += symbol
    return active


@njit(cache=True, nogil=True)
def _advance(symbols, state, past, thresholds, contexts, k, p, more):  # type: ignore[no-untyped-def]
    """Take in the symbols of a step and, unless it was the last, predict the next."""
    active = _update(symbols, state, past, contexts)
    if more:
        _predict(state, past, active, thresholds, contexts, k, p)


@njit(cache=True, nogil=True)
def _predict_all(z, state, thresholds, k):  # type: ignore[no-untyped-def]
    """k (T, N) of all symbols z (T, N)."""
    units = z.shape[1]
    past, contexts = np.zeros(units, np.uint8), np.zeros(units, np.uint8)
    p, active = np.empty(units), 0
    for t in range(z.shape[0]):
        _predict(state, past, active, thresholds, contexts, k[t], p)
        active = _update(z[t], state, past, contexts)


@njit(cache=True, nogil=True)
def _count(z, thresholds, counts):  # type: ignore[no-untyped-def]
    """Add the symbols z (T, N) to counts (N, CONTEXTS, 2) of their contexts."""
    units = z.shape[1]
    state = np.ones((units, counts.shape[1]), np.int32)
    past, contexts = np.zeros(units, np.uint8), np.zeros(units, np.uint8)
    k, p, active = np.empty(units, np.uint16), np.empty(units), 0
    for t in range(z.shape[0]):
        _predict(state, past, active, thresholds, contexts, k, p)
        for n in range(units):
            counts[n, contexts[n], z[t, n]] += 1
        active = _update(z[t], state, past, contexts)
