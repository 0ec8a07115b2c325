"""Mono blocks: channels mixed to one, and brought to another rate.

The resampler is soxr's HQ; benchmarks/clips.py holds it beside torchaudio's.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray


class Mixer:
    """(n, channels) → the mean of the channels (n,) as float32, full scale = 1.

    Integers are scaled while mixing. Memory that is used again costs no page faults. What float32
    cannot hold becomes infinite, and is refused as such elsewhere.
    """

    def __init__(self, channels: int, dtype: np.dtype) -> None:
        full = float(2 ** (8 * dtype.itemsize - 1)) if dtype.kind in "iu" else 1.0
        self._weights = np.full(channels, 1 / full / channels, np.float32)
        self._zero = np.float32(full if dtype.kind == "u" else 0)
        self._floats = np.empty((0, channels), np.float32)

    def __call__(self, block: NDArray) -> NDArray[np.float32]:
        if block.dtype != np.float32:
            if len(block) > len(self._floats):
                self._floats = np.empty(block.shape, np.float32)
            floats = self._floats[: len(block)]
            with np.errstate(over="ignore"):
                floats[:] = block
            if self._zero:
                floats -= self._zero
            block = floats
        with np.errstate(invalid="ignore", over="ignore"):
            return block @ self._weights


def resampled(
    blocks: Iterable[NDArray[np.float32]], rate: int, wanted: int
) -> Iterator[NDArray[np.float32]]:
    """Mono `blocks` (n,) at `rate` Hz as blocks at `wanted` Hz: ⌊n·wanted/rate + ½⌋ samples."""
    if rate == wanted:
        yield from blocks
        return
    resampler = soxr.ResampleStream(rate, wanted, 1, "float32", "HQ")
    for block in blocks:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.empty(0, np.float32), last=True)
