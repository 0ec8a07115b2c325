"""Event matrices of the bottleneck `ladder` ↔ signed grades of its bins and levels of loudness.

Rows of z (N, T), N = B·(G + 1) + L + M·K, for B bins, G grades, L units of loudness and M bands of
K levels, each of which holds for `held` steps from the first on:

| rows | one where |
|---|---|
| k, of bins k = 0 .. B − 1 (ON) | the grade of bin k is 1 or more |
| B + k (OFF) | it is −1 or less |
| g·B + k, g = 2 .. G | it is g or more on either side |
| (G + 1)·B + j − 1, j = 1 .. L | the loudness is j; none of them at loudness 0 |
| (G + 1)·B + L + m·K + j − 1, j = 1 .. K | the level of band m is j; none of them at level 0 |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.formats import Events
from spiking_music.errors import CodeError

MOST_GRADES = 100  # a grade fits into a byte
MOST_HELD = 255  # steps


class Layout(NamedTuple):
    """How many rows of each kind a ladder has, as above."""

    bins: int  # B
    grades: int  # G
    loudness: int  # L
    bands: int  # M
    levels: int  # K
    held: int  # steps

    @property
    def tones(self) -> int:
        """Rows of bins."""
        return self.bins * (self.grades + 1)

    @property
    def rows(self) -> int:
        """N."""
        return self.tones + self.loudness + self.bands * self.levels

    def __str__(self) -> str:
        return ",".join(map(str, self))


def parse_layout(text: str) -> Layout | None:
    """What `str` of a layout says; None for "". Raises `CodeError` for anything else."""
    if not text:
        return None
    try:
        layout = Layout(*map(int, text.split(",")))
    except (ValueError, TypeError):
        raise CodeError(f"'{text}' is no layout of a ladder: encode again") from None
    return check_layout(layout)


def check_layout(layout: Layout) -> Layout:
    """The layout itself; `CodeError` where there is no such ladder."""
    if min(layout) < 1 or layout.grades > MOST_GRADES or layout.held > MOST_HELD:
        raise CodeError(f"there is no ladder of {layout} bins, grades, levels …: fit again")
    return layout


class Rungs(NamedTuple):
    """What the events say."""

    grades: NDArray[np.int8]  # (T, B), −G .. G
    loudness: NDArray[np.int16]  # (T,), 0 .. L
    bands: NDArray[np.int16]  # (⌈T / held⌉, M), 0 .. K


def climb(z: Events, layout: Layout) -> Rungs | None:
    """z (N, T) → its grades and levels; None where a rung lacks the one below it, two of a kind
    exclude one another, or a level does not hold.
    """
    bins, grades = layout.bins, layout.grades
    on, off = z[:bins], z[bins : 2 * bins]
    loudness = _levels(z[layout.tones : layout.tones + layout.loudness], layout.loudness)
    bands = _levels(z[layout.tones + layout.loudness :], layout.levels)
    size = on + off
    if size.max() > 1 or loudness is None or bands is None:
        return None
    first = np.arange(z.shape[1]) // layout.held * layout.held
    if (bands != bands[first]).any():
        return None
    below = size
    for grade in range(2, grades + 1):
        rung = z[grade * bins : (grade + 1) * bins]
        if (rung > below).any():
            return None
        size, below = size + rung, rung
    signed = np.where(off, -size.astype(np.int8), size.astype(np.int8))
    held = np.ascontiguousarray(bands[:: layout.held])
    return Rungs(np.ascontiguousarray(signed.T), loudness[:, 0], held)


def descend(ladder: Rungs, layout: Layout) -> Events:
    """The inverse: z (N, T)."""
    signed, steps = np.ascontiguousarray(ladder.grades.T), len(ladder.loudness)
    size = np.abs(signed)
    z = np.empty((layout.rows, steps), dtype=np.uint8)
    z[: layout.bins], z[layout.bins : 2 * layout.bins] = signed > 0, signed < 0
    for grade in range(2, layout.grades + 1):
        z[grade * layout.bins : (grade + 1) * layout.bins] = size >= grade
    bands = ladder.bands.repeat(layout.held, axis=0)[:steps]
    z[layout.tones : layout.tones + layout.loudness] = _one_of(
        ladder.loudness[:, None], layout.loudness
    )
    z[layout.tones + layout.loudness :] = _one_of(bands, layout.levels)
    return z


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
