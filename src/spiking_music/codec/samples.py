"""Streams of mono samples, piece by piece: counted, filled up, cut, and brought to another rate."""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import DataError

Samples = NDArray[np.float32]  # (n,)
HELD = 256  # samples by which a resampler may round a length
MARGIN = 4096  # samples before a section that its resampler is given, longer than its filter
CHUNK = 2**16


class Tally:
    """Passes pieces on and knows how many samples they had."""

    def __init__(self) -> None:
        self.samples = 0

    def count(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        for piece in pieces:
            self.samples += len(piece)
            yield piece


class Overs:
    """Passes pieces on and knows how many samples are beyond full scale, and the peak."""

    def __init__(self) -> None:
        self.samples, self.peak = 0, 0.0

    def count(self, pieces: Iterable[Samples]) -> Iterator[Samples]:
        for piece in pieces:
            size = np.abs(piece)
            self.samples += int(np.count_nonzero(size > 1))
            self.peak = max(self.peak, float(size.max(initial=0)))
            yield piece

    def sentence(self) -> str:
        """What a user is to know where samples of 16 bits cannot hold them."""
        return (
            f"{self.samples} samples are beyond full scale and were clipped, the peak is "
            f"{self.peak:.3f} ({20 * math.log10(self.peak):+.1f} dB): turn the recording down "
            "and encode it again, or decode it in Python, which gives floats"
        )


def at_least_one(pieces: Iterable[Samples], original: Tally) -> Iterator[Samples]:
    """The same; a zero where a resampler rounds the `original` sample or two to nothing.

    Raises `DataError` where the original has no samples.
    """
    tally = Tally()
    yield from tally.count(pieces)
    if not original.samples:
        raise DataError("the recording holds no samples: there is nothing to encode")
    if not tally.samples:
        yield np.zeros(1, np.float32)


def filled(pieces: Iterable[Samples], multiple: int) -> Iterator[Samples]:
    """The same, continued by zeros to a multiple of so many samples."""
    tally = Tally()
    yield from tally.count(pieces)
    yield np.zeros(-tally.samples % multiple, np.float32)


def ended(
    pieces: Iterable[Samples], begin: int, end: Callable[[], int | None], keep: int = 0
) -> Iterator[Samples]:
    """Pieces whose first sample is sample `begin`, cut or filled with zeros to end at `end()`.

    The end may be None, not yet known, until the last piece: till then `keep` samples are held
    back, by which the pieces may be beyond it.
    """
    held = np.empty(0, np.float32)
    for piece in pieces:
        data = np.concatenate([held, piece])
        last = end()
        split = max(0, len(data) - keep if last is None else min(len(data), last - begin))
        yield data[:split]
        held, begin = data[split:], begin + split
    last = end()
    if last is not None:
        size = max(0, last - begin)
        held = np.pad(held[:size], (0, max(0, size - len(held))))
    yield held


def section(pieces: Iterable[Samples], begin: int, end: int | None) -> Iterator[Samples]:
    """Samples `begin` .. `end` − 1 of the pieces (None: to the last), which are read no further."""
    place = 0
    for piece in pieces:
        stop = len(piece) if end is None else min(len(piece), end - place)
        yield piece[max(0, begin - place) : max(0, stop)]
        place += len(piece)
        if end is not None and place >= end:
            return


def aligned(sample: int, rate: int, wanted: int) -> tuple[int, int]:
    """Where to start reading at `rate` to resample from sample `sample` at `wanted` Hz on.

    (a, b): sample a at `rate` and sample b ≤ `sample` at `wanted` are the same instant, and there
    are `MARGIN` samples before the one asked for, unless the recording starts there.
    """
    grid = rate // math.gcd(rate, wanted)
    at = max(0, sample * rate // wanted - MARGIN) // grid * grid
    return at, at * wanted // rate


def chunks(samples: Samples) -> Iterator[Samples]:
    """An array in pieces of bounded size."""
    for start in range(0, len(samples), CHUNK):
        yield samples[start : start + CHUNK]
