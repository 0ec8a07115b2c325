"""Event matrices of the dead-zone quantiser ↔ signed levels of its bins, frame gains, envelope.

Rows of z (N, T), N = B·(G + 1) + L + M·K, for B bins, G quantiser levels, L units of the frame gain
and M bands of an envelope of K levels, each of which holds for `band_frames` from the first on:

| rows | one where |
|---|---|
| k, of bins k = 0 .. B − 1 (ON) | the level of bin k is 1 or more |
| B + k (OFF) | it is −1 or less |
| g·B + k, g = 2 .. G | it is g or more on either side |
| (G + 1)·B + j − 1, j = 1 .. L | the gain is j; none of them at gain 0 |
| (G + 1)·B + L + m·K + j − 1, j = 1 .. K | the level of band m is j; none of them at level 0 |

Levels are a thermometer (unary) code; gain and envelope are one of many.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError
from spiking_music.rangecoder.static import Events

MOST_LEVELS = 100  # a level fits into a byte
MOST_HELD = 255  # frames


class Layout(NamedTuple):
    """How many rows of each kind a matrix has, as above."""

    bins: int  # B
    levels: int  # G
    gains: int  # L
    bands: int  # M
    band_levels: int  # K
    band_frames: int

    @property
    def bin_rows(self) -> int:
        """Rows of bins."""
        return self.bins * (self.levels + 1)

    @property
    def rows(self) -> int:
        """N."""
        return self.bin_rows + self.gains + self.bands * self.band_levels

    def __str__(self) -> str:
        return ",".join(map(str, self))


def parse_layout(text: str) -> Layout | None:
    """What `str` of a layout says; None for "". Raises `CodeError` for anything else."""
    if not text:
        return None
    try:
        layout = Layout(*map(int, text.split(",")))
    except (ValueError, TypeError):
        raise CodeError(f"'{text}' is no layout of quantised bins: encode again") from None
    return check_layout(layout)


def check_layout(layout: Layout) -> Layout:
    """The layout itself; `CodeError` where no quantiser has it."""
    if min(layout) < 1 or layout.levels > MOST_LEVELS or layout.band_frames > MOST_HELD:
        raise CodeError(f"no quantiser has {layout} bins, levels, gains …: fit again")
    return layout


class Quantized(NamedTuple):
    """What the events say."""

    levels: NDArray[np.int8]  # (T, B), −G .. G
    gains: NDArray[np.int16]  # (T,), 0 .. L
    envelope: NDArray[np.int16]  # (⌈T / band_frames⌉, M), 0 .. K


def from_thermometer(z: Events, layout: Layout) -> Quantized | None:
    """z (N, T) → its levels; None where a unit lacks the one below it, two of a kind exclude one
    another, or a level of the envelope does not hold.
    """
    bins = layout.bins
    on, off = z[:bins], z[bins : 2 * bins]
    gains = _levels(z[layout.bin_rows : layout.bin_rows + layout.gains], layout.gains)
    bands = _levels(z[layout.bin_rows + layout.gains :], layout.band_levels)
    size = on + off
    if size.max() > 1 or gains is None or bands is None:
        return None
    first = np.arange(z.shape[1]) // layout.band_frames * layout.band_frames
    if (bands != bands[first]).any():
        return None
    below = size
    for level in range(2, layout.levels + 1):
        units = z[level * bins : (level + 1) * bins]
        if (units > below).any():
            return None
        size, below = size + units, units
    signed = np.where(off, -size.astype(np.int8), size.astype(np.int8))
    held = np.ascontiguousarray(bands[:: layout.band_frames])
    return Quantized(np.ascontiguousarray(signed.T), gains[:, 0], held)


def to_thermometer(quantized: Quantized, layout: Layout) -> Events:
    """The inverse: z (N, T)."""
    frames = len(quantized.gains)
    z = np.empty((layout.rows, frames), dtype=np.uint8)
    write_bins(quantized.levels, z, layout)
    bands = quantized.envelope.repeat(layout.band_frames, axis=0)[:frames]
    gains = _one_of(quantized.gains[:, None], layout.gains)
    z[layout.bin_rows : layout.bin_rows + layout.gains] = gains
    z[layout.bin_rows + layout.gains :] = _one_of(bands, layout.band_levels)
    return z


def write_bins(levels: NDArray[np.int8], z: Events, layout: Layout) -> None:
    """Fill the rows of bins of z (N, T) by their signed levels (T, B); the others stay."""
    signed = np.ascontiguousarray(levels.T)
    size, bins = np.abs(signed), layout.bins
    z[:bins], z[bins : 2 * bins] = signed > 0, signed < 0
    for level in range(2, layout.levels + 1):
        z[level * bins : (level + 1) * bins] = size >= level


def _levels(z: Events, levels: int) -> NDArray[np.int16] | None:
    """z (M·levels, T) → (T, M) of 0 .. levels; None where two of one kind fire."""
    units = z.reshape(-1, levels, z.shape[1])
    if units.sum(axis=1).max() > 1:
        return None
    return np.ascontiguousarray((np.arange(1, levels + 1, dtype=np.int16) @ units).T)


def _one_of(level: NDArray[np.int16], levels: int) -> Events:
    """The inverse of `_levels`."""
    units = np.arange(1, levels + 1)[:, None]
    return (level.T[:, None] == units).reshape(-1, len(level)).astype(np.uint8)
