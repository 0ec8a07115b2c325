"""Events as rasters: the units that fire, sorted by their place on the keyboard, on honest axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from spiking_music.evaluation.tuning import A4, A4_HZ, FREQUENCY, NUMBER, TUNING
from spiking_music.figures import style

HERTZ = (50, 100, 200, 500, 1000, 2000, 5000, 10000)
BLURRED = 200  # rows, from which on lines may be thinner than pixels
LABELS = {FREQUENCY: "Hz", TUNING: "note", NUMBER: "unit"}  # what the axis tells
NONE = "–"  # units without a frequency or note


@dataclass(frozen=True)
class Units:
    """Where the N units of a code stand, as `evaluation.tuning.pitches` says."""

    pitches: NDArray[np.float64]  # MIDI numbers
    sorting: str

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]], ending: str = "") -> "Units":
        """From the arrays `pitches` and `sorting` of a file; `KeyError` without them."""
        return cls(arrays[f"pitches{ending}"], str(arrays[f"sorting{ending}"]))

    @property
    def label(self) -> str:
        """Of an axis of units."""
        return LABELS[self.sorting]

    def rows(self, *codes: NDArray[np.integer]) -> NDArray[np.intp]:
        """The units that fire in any of the `codes` (N, T), from the bottom of a raster to its top.

        Those without a place come first. One unit where none fires.
        """
        fires = np.flatnonzero(np.any([matrix.any(axis=1) for matrix in codes], axis=0))
        if not len(fires):
            return np.arange(1)
        places = np.nan_to_num(self.pitches[fires], nan=-np.inf)
        return fires[np.argsort(places, kind="stable")]


def draw(
    axes: Axes, codes: NDArray[np.integer], rows: NDArray[np.intp], most: int, end: float,
    colours: Colormap,
) -> None:  # fmt: skip
    """Events of the units `rows` of codes (N, T) against time, 0 to `end`, the first at the bottom.

    At most so many lines: where more units fire, neighbours share a line, which shows any event.
    """
    antialiased = len(rows) > BLURRED
    axes.imshow(
        style.lines(codes[rows].astype(np.uint8), most), aspect="auto", origin="lower",
        interpolation="antialiased" if antialiased else "nearest", cmap=colours, vmin=0, vmax=1,
        extent=(0, end, 0, len(rows)),
    )  # fmt: skip


def ticks(axes: Axes, units: Units, rows: NDArray[np.intp], closest: float) -> None:
    """Say where the `rows` stand: each tick is at the first unit from its frequency or note on.

    closest: share of the axis that is left between two ticks at least.
    """
    pitches = units.pitches[rows]
    without = int(np.isnan(pitches).sum())
    if units.sorting == NUMBER or without == len(rows):
        places = np.unique([0, len(rows) // 2, len(rows) - 1])
        axes.set_yticks(places + 0.5, [str(rows[place]) for place in places])
        return
    names = _hertz() if units.sorting == FREQUENCY else _notes(pitches[without:])
    found = [(without / 2, NONE)] if without else []
    for pitch, name in names:
        place = without + int(np.searchsorted(pitches[without:], pitch))
        inside = pitches[without] <= pitch <= pitches[-1]
        if inside and all(abs(place - other) > closest * len(rows) for other, _ in found):
            found.append((place, name))
    axes.set_yticks([place for place, _ in found], [name for _, name in found])


def _hertz() -> list[tuple[float, str]]:
    return [(A4 + 12 * np.log2(hz / A4_HZ), str(hz)) for hz in HERTZ]


def _notes(pitches: NDArray[np.float64]) -> list[tuple[float, str]]:
    """The octaves of C, and where there is none, the lowest of the notes."""
    octaves = [note for note in range(24, 109, 12) if pitches[0] <= note <= pitches[-1]]
    return [(note, note_name(note)) for note in octaves or [int(pitches[0])]]


def note_name(note: int) -> str:
    """60 as C4."""
    names: Sequence[str] = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
    return f"{names[note % 12]}{note // 12 - 1}"
