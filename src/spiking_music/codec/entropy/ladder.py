"""Event matrices of the bottleneck `ladder` ↔ signed grades of its bins and levels of loudness.

Rows of z (N, T), N = B·(G + 1) + L, for B bins, G grades and L units of loudness:

| rows | one where |
|---|---|
| k, of bins k = 0 .. B − 1 (ON) | the grade of bin k is 1 or more |
| B + k (OFF) | it is −1 or less |
| g·B + k, g = 2 .. G | it is g or more on either side |
| (G + 1)·B + j − 1, j = 1 .. L | the loudness is j; none of them at loudness 0 |
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.formats import Events
from spiking_music.errors import CodeError

MOST_GRADES = 100  # a grade fits into a byte


class Layout(NamedTuple):
    """How many rows of each kind a ladder has, as above."""

    bins: int  # B
    grades: int  # G
    loudness: int  # L

    @property
    def rows(self) -> int:
        """N."""
        return self.bins * (self.grades + 1) + self.loudness

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
    if min(layout) < 1 or layout.grades > MOST_GRADES:
        raise CodeError(f"there is no ladder of {layout} bins, grades and levels: fit again")
    return layout


class Rungs(NamedTuple):
    """What the events say."""

    grades: NDArray[np.int8]  # (T, B), −G .. G
    loudness: NDArray[np.int16]  # (T,), 0 .. L


def climb(z: Events, layout: Layout) -> Rungs | None:
    """z (N, T) → its grades and loudness; None where a rung lacks the one below it, or two of a
    kind exclude one another.
    """
    bins, grades = layout.bins, layout.grades
    on, off = z[:bins], z[bins : 2 * bins]
    levels = z[bins * (grades + 1) :]
    size = on + off
    if size.max() > 1 or levels.sum(axis=0).max() > 1:
        return None
    below = size
    for grade in range(2, grades + 1):
        rung = z[grade * bins : (grade + 1) * bins]
        if (rung > below).any():
            return None
        size, below = size + rung, rung
    signed = np.where(off, -size.astype(np.int8), size.astype(np.int8))
    loudness = np.arange(1, layout.loudness + 1, dtype=np.int16) @ levels
    return Rungs(np.ascontiguousarray(signed.T), loudness)


def descend(ladder: Rungs, layout: Layout) -> Events:
    """The inverse: z (N, T)."""
    signed, steps = np.ascontiguousarray(ladder.grades.T), len(ladder.loudness)
    size = np.abs(signed)
    z = np.empty((layout.rows, steps), dtype=np.uint8)
    z[: layout.bins], z[layout.bins : 2 * layout.bins] = signed > 0, signed < 0
    for grade in range(2, layout.grades + 1):
        z[grade * layout.bins : (grade + 1) * layout.bins] = size >= grade
    levels = np.arange(1, layout.loudness + 1)[:, None]
    z[layout.bins * (layout.grades + 1) :] = ladder.loudness == levels
    return z
