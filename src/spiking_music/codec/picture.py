"""The events of a stream as a small picture of text: time from left to right, unit 0 on top."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a braille character
BLANK = 0x2800
ORDER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])  # dither


def raster(
    matrices: Iterable[NDArray[np.uint8]], units: int, steps: int, width: int, height: int
) -> list[str]:
    """Events (N, T), T varying, one after another, `steps` in all → lines of braille characters.

    At most `width` characters of 2 × 4 dots a line and `height` lines. Where a dot stands for one
    entry it is the event; else dots are as dense as events, from none at the emptiest places to all
    at the fullest.
    """
    columns, rows = min(2 * width, steps), min(4 * height, units)
    events, entries = np.zeros((2, rows, columns))
    row = np.arange(units) * rows // units
    place = 0
    for z in matrices:
        column = (place + np.arange(z.shape[1])) * columns // steps
        unit, time = np.nonzero(z)
        np.add.at(events, (row[unit], column[time]), 1)
        entries += np.outer(
            np.bincount(row, minlength=rows), np.bincount(column, minlength=columns)
        )
        place += z.shape[1]
    density = events / np.maximum(entries, 1)
    low, high = np.quantile(density, [0.02, 0.98]) if entries.max() > 1 else (0, 1)
    shade = (density - low) / max(high - low, np.finfo(float).tiny)
    threshold = (np.tile(ORDER, (-(-rows // 4), -(-columns // 4))) + 0.5) / ORDER.size
    return _braille(shade > threshold[:rows, :columns])


def _braille(dots: NDArray[np.bool_]) -> list[str]:
    """Dots (rows, columns) → one character for each 4 × 2 of them."""
    rows, columns = dots.shape
    padded = np.pad(dots, ((0, -rows % 4), (0, -columns % 2)))
    cells = padded.reshape(len(padded) // 4, 4, -1, 2)
    codes = BLANK + np.einsum("adbe,de->ab", cells.astype(int), DOTS)
    return ["".join(map(chr, line)) for line in codes]
