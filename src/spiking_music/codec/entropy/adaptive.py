"""Binary codes by contexts that adapt within the block, step by step.

A unit's context is what it did lately (the last two steps, and whether anything happened in the six
before) and how many units were active in the last step (four classes). Every unit has a probability
a context, which starts from the shipped table and moves 1/32 of the way to every symbol.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.rangecoder.binary_code import EventDecoder, take
from spiking_music.rangecoder.compiled import compiled, inner
from spiking_music.rangecoder.probabilities import WHOLE
from spiking_music.rangecoder.static import Decoded, Events, Frequencies, Predicted

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

    def operations(self, z: Events) -> int:
        """Multiply-accumulates that predicting z takes: none, as contexts adapt by shifts."""
        return 0

    def predict(self, z: Events) -> Predicted:
        """z (N, T) → its symbols and their k in coding order (step by step), (N·T,) each."""
        symbols = np.ascontiguousarray(z.T).astype(np.int32)
        k = np.empty(symbols.shape, dtype=np.uint16)
        _predict_all(symbols, self._tables.k.astype(np.int32), self._tables.thresholds, k)
        return Predicted(symbols.ravel(), k.ravel())

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (N·T,) each."""
        symbols = np.empty((steps, len(self._tables.k)), dtype=np.int32)
        k = np.empty(symbols.shape, dtype=np.uint16)
        state = self._tables.k.astype(np.int32)
        _decode_all(decoder.words, decoder.state, state, self._tables.thresholds, symbols, k)
        decoder.check()
        z = np.ascontiguousarray(symbols.T.astype(np.uint8))
        return Decoded(z, symbols.ravel(), k.ravel())


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


@inner()
def _predict(state, past, active, thresholds, contexts, k):  # type: ignore[no-untyped-def]
    """The contexts (N,) and k (N,) of the step to come."""
    row = 0
    for threshold in thresholds:
        row += active > threshold
    for n in range(len(past)):
        context = (past[n] & 3) + (4 if past[n] > 3 else 0) + 8 * row
        contexts[n] = context
        k[n] = state[n, context]


@inner()
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


@compiled(allocates=True)
def _predict_all(z, state, thresholds, k):  # type: ignore[no-untyped-def]
    """k (T, N) of all symbols z (T, N)."""
    units = z.shape[1]
    past, contexts = np.zeros(units, np.uint8), np.zeros(units, np.uint8)
    active = 0
    for t in range(z.shape[0]):
        _predict(state, past, active, thresholds, contexts, k[t])
        active = _update(z[t], state, past, contexts)


@compiled(allocates=True)
def _decode_all(words, coder, state, thresholds, z, k):  # type: ignore[no-untyped-def]
    """All symbols z (T, N) and their k."""
    units = z.shape[1]
    past, contexts = np.zeros(units, np.uint8), np.zeros(units, np.uint8)
    active = 0
    for t in range(z.shape[0]):
        _predict(state, past, active, thresholds, contexts, k[t])
        for n in range(units):
            z[t, n] = take(words, coder, k[t, n])
        active = _update(z[t], state, past, contexts)


@compiled(allocates=True)
def _count(z, thresholds, counts):  # type: ignore[no-untyped-def]
    """Add the symbols z (T, N) to counts (N, CONTEXTS, 2) of their contexts."""
    units = z.shape[1]
    state = np.ones((units, counts.shape[1]), np.int32)
    past, contexts = np.zeros(units, np.uint8), np.zeros(units, np.uint8)
    k, active = np.empty(units, np.uint16), 0
    for t in range(z.shape[0]):
        _predict(state, past, active, thresholds, contexts, k)
        for n in range(units):
            counts[n, contexts[n], z[t, n]] += 1
        active = _update(z[t], state, past, contexts)
