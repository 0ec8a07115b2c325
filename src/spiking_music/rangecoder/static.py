"""Binary codes by one shipped probability a unit; the block in one piece, unit by unit."""

from typing import NamedTuple

import numpy as np
from numba import int64
from numpy.typing import NDArray

from spiking_music.rangecoder.binary_code import EventDecoder
from spiking_music.rangecoder.compiled import compiled
from spiking_music.rangecoder.probabilities import COST_BITS, WHOLE, costs

Events = NDArray[np.uint8]  # z (N, T), entries 0 or 1
Frequencies = NDArray[np.uint16]  # k: probabilities are k / 65536


class Predicted(NamedTuple):
    """A block's symbols in coding order, and the k of an event that each is coded with."""

    symbols: NDArray[np.int32]  # (N·T,)
    k: Frequencies  # (N·T,)


class Decoded(NamedTuple):
    """Decoded events, and the same as `Predicted`."""

    z: Events  # (N, T)
    symbols: NDArray[np.int32]
    k: Frequencies


class Static:
    """Probabilities k (N,) of an event, k / 65536 each."""

    def __init__(self, k: Frequencies) -> None:
        self._k = k

    def bits(self, z: Events) -> float:
        """`bits_of` what `predict` says of z (N, T), from the counts alone."""
        ones, zeros = costs()[self._k], costs()[WHOLE - self._k.astype(np.int64)]
        return int(_total(np.ascontiguousarray(z), ones, zeros)) / COST_BITS

    def operations(self, z: Events) -> int:
        """Multiply-accumulates that predicting z takes: none, as probabilities are looked up."""
        return 0

    def predict(self, z: Events) -> Predicted:
        """z (N, T) → its symbols and their k in coding order, (N·T,) each."""
        return Predicted(z.ravel().astype(np.int32), np.repeat(self._k, z.shape[1]))

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (N·T,) each."""
        k = np.repeat(self._k, steps)
        symbols = decoder.decode(k)
        z = symbols.astype(np.uint8).reshape(len(self._k), steps)
        return Decoded(z, symbols, k)


@compiled()
def _total(z, ones, zeros):  # type: ignore[no-untyped-def]
    """Costs of z (N, T), of an event and of none in each row, (N,)."""
    total = int64(0)
    for n in range(len(z)):
        events = int64(0)
        for t in range(z.shape[1]):
            events += z[n, t]
        total += events * int64(ones[n]) + (z.shape[1] - events) * int64(zeros[n])
    return total


def fit_static(events: NDArray[np.int64], steps: int | NDArray[np.int64]) -> Frequencies:
    """k (N,) of units that had `events` (N,) in `steps` steps, each or all; half an event more on
    either side.

    Never below 1 nor above 65535, so that an event never seen can still be coded.
    """
    k = (WHOLE * (2 * events + 1) + steps + 1) // (2 * steps + 2)
    return np.clip(k, 1, WHOLE - 1).astype(np.uint16)
