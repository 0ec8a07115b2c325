"""Figure 5: what events have to do with notes, variant by variant, and the units closest to A2."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from spiking_music.config import label as row_label
from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.evaluation.correlation import unbiased
from spiking_music.figures import style

NOTE = 45  # A2
ROWS = 15  # units of the map
WINDOW = 10  # frames
LEVEL = 0.05  # of the family-wise test
DOT = f"pair of unit and note that passes the family-wise test (p ≤ {LEVEL})"
NULL = "null: 5 % of circular shifts of the pair exceed this"
MARKS = "abcdefgh"
FREQUENT = 100  # events of a unit whose correlation is drawn
OCTAVE, FIFTH = 12, 7  # semitones; E is the fifth of A, and its third harmonic
BLACK = (1, 3, 6, 8, 10)  # pitch classes of the black keys
ROOT_COLOUR, FIFTH_COLOUR = style.PALETTE[1], style.PALETTE[0]
DIVERGING = LinearSegmentedColormap.from_list(
    "prominence",
    [(0, style.PALETTE[1]), (0.5, "white"), (0.8, style.PALETTE[0]), (1, "#00304E")],
)

Arrays = dict[str, NDArray[np.floating]]


def draw(files: Mapping[str, Path], out: Path | str) -> None:
    """Draw figure 5 from each variant's .npz of `evaluation.selectivity`, a column each.

    Top: C of each unit and its best note, relative to the mean over lags, and the median. Below: φ
    of the 15 units whose score for A2 is highest against all notes, on one scale; a dot marks a
    pair that passes the family-wise test; the first unit's φ as a profile, with what 5 % of
    circular shifts exceed. Titles say how many units are selective at all. Writes `<out>.png`, .svg
    and .pdf; raises `DataError` where a file is missing or lacks an array, or no variant is given.

    Lisboa & Bellec 2024, figure 5.
    """
    if not files:
        raise DataError("figure 5 needs the selectivity of one variant at least")
    arrays = {name: tables.arrays(path, ["null"]) for name, path in files.items()}
    looks = style.looks(arrays)
    with style.page(out, height=172) as figure:
        halves = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.95])[:, 0]
        panels = halves[0].subplots(1, len(arrays), sharey=True, squeeze=False)[0]
        tops = []
        for axes, (name, found), mark in zip(panels, arrays.items(), MARKS, strict=False):
            tops.append(_correlations(axes, found, looks[name].colour))
            style.letter(axes, mark, f"{row_label(name)}: {_selective(found)}")
        panels[0].set(ylabel="C relative to its mean")
        panels[0].set_ylim(0, 1.05 * max(tops))
        _key(panels[0], looks[next(iter(arrays))].colour)
        _maps(halves[1], arrays)


def _selective(arrays: Arrays) -> str:
    """How many units pass the family-wise test with any note."""
    passed = int((arrays["p_family"] <= LEVEL).any(axis=1).sum())
    return f"{passed} of {len(arrays['p_family'])} units significant"


def _correlations(axes: Axes, arrays: Arrays, colour: str) -> float:
    """A faint line for each unit with its best note, but for rare ones; the median on top.

    Returns the height that one curve in a hundred exceeds, those of the rarest notes.
    """
    seconds = arrays["lags"] / arrays["step_rate"]
    best = arrays["score"].argmax(axis=1)
    curves = unbiased(arrays["correlation"][np.arange(len(best)), best], int(arrays["steps"]))
    # (≤ N, 2L + 1): a handful of coincidences would be as many spikes of a hundred times the mean
    events = arrays["events"]
    curves = curves[(events >= min(FREQUENT, events.max())) & curves.any(axis=1)]
    curves /= curves.mean(axis=1, keepdims=True)
    edge = (WINDOW - 0.5) / float(arrays["step_rate"])
    axes.axvspan(-edge, edge, color=style.FAINT, alpha=0.5, linewidth=0, zorder=0)
    axes.axhline(1, color=style.MUTED, linewidth=0.6, dashes=(4, 2))
    axes.plot(seconds, curves.T, color=colour, linewidth=0.5, alpha=0.22)
    axes.plot(seconds, np.median(curves, axis=0), color=colour, linewidth=1.8)
    axes.set(xlabel="lag of the note behind the event (s)", xlim=(seconds[0], seconds[-1]))
    axes.annotate(
        "|τ| < 10 frames", (edge, 1), (3, -1), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="left", va="top", fontsize=6, color=style.MUTED,
    )  # fmt: skip
    return float(np.quantile(curves.max(axis=1), 0.99))


def _key(axes: Axes, colour: str) -> None:
    axes.plot([], [], color=style.tint(colour, 0.4), linewidth=0.7, label="a unit, its best note")
    axes.plot([], [], color=colour, linewidth=1.8, label="median of units")
    axes.plot([], [], color=style.MUTED, linewidth=0.6, dashes=(4, 2), label="independence")
    axes.legend(loc="upper left", borderaxespad=0)


def _maps(figure: SubFigure, arrays: Mapping[str, Arrays]) -> None:
    """A column a variant: the map, a keyboard under it, the profile of the map's first row."""
    grid = figure.subplots(
        3, len(arrays), sharex=True, sharey="row", squeeze=False, height_ratios=[15, 1.6, 8]
    )
    shown = {name: _closest(found) for name, found in arrays.items()}
    limit = max(
        0.01,
        *(
            float(np.abs(found["prominence"][rows]).max())
            for found, rows in zip(arrays.values(), shown.values(), strict=True)
        ),
    )
    marks = MARKS[len(arrays) :]
    columns = zip(grid.T, arrays.items(), marks, strict=False)
    for (upper, keys, lower), (name, found), mark in columns:
        rows, notes = shown[name], found["notes"].astype(int)
        image = _map(upper, found, rows, limit)
        upper.set(ylabel="unit, by score for A2")
        style.letter(upper, mark, f"φ of {len(rows)} units of {row_label(name)}")
        _keyboard(keys, notes)
        _profile(lower, found, int(rows[0]))
    bar = figure.colorbar(image, ax=list(grid[0]), pad=0.01, aspect=30, shrink=0.9)
    bar.outline.set_visible(False)
    bar.set_label("peak prominence φ")
    dot = Line2D([], [], marker=".", color=style.INK, markersize=4, linestyle="", label=DOT)
    null = Line2D([], [], color=style.INK, linewidth=0.9, label=NULL)
    figure.legend(handles=[dot, null], loc="outside lower center", ncols=2)


def _closest(arrays: Arrays) -> NDArray[np.intp]:
    """The units whose score for A2 is highest."""
    scores = arrays["score"][:, NOTE - int(arrays["notes"][0])]
    return np.argsort(-scores, kind="stable")[:ROWS]


def _map(axes: Axes, arrays: Arrays, rows: NDArray[np.intp], limit: float) -> QuadMesh:
    notes = arrays["notes"].astype(int)
    image = axes.pcolormesh(
        notes, np.arange(len(rows)), arrays["prominence"][rows],
        cmap=DIVERGING, vmin=-limit, vmax=limit, rasterized=True,
    )  # fmt: skip
    row, column = np.nonzero(arrays["p_family"][rows] <= LEVEL)
    axes.plot(notes[column], row, ".", color=style.INK, markersize=2, markeredgewidth=0)
    for place, unit in enumerate(rows):  # rows of columns are other units
        axes.annotate(
            str(unit), (0, place), (-3, 0), xycoords=("axes fraction", "data"), fontsize=6,
            textcoords="offset points", ha="right", va="center",
        )  # fmt: skip
    axes.set(yticks=[], ylim=(len(rows) - 0.5, -0.5))
    axes.yaxis.labelpad = 20
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return image


def _keyboard(axes: Axes, notes: NDArray[np.int64]) -> None:
    """A piano: white and black keys, A and E in their colours."""
    for note in notes:
        black = note % OCTAVE in BLACK
        colour = _colour(int(note), style.INK if black else "white")
        axes.bar(note, 0.62 if black else 1.0, 1, bottom=0.38 if black else 0.0, color=colour)
        if not black:
            axes.plot([note + 0.5] * 2, [0, 1], color=style.FAINT, linewidth=0.4)
    axes.set(ylim=(0, 1), yticks=[])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color=style.MUTED)


def _profile(axes: Axes, arrays: Arrays, unit: int) -> None:
    """φ of one unit: octaves of A in one colour, E in another, all else grey; lines: the null."""
    notes, peaks = arrays["notes"].astype(int), arrays["prominence"][unit]
    axes.margins(y=0.3)  # room for the words
    axes.bar(notes, peaks, 0.8, color=[_colour(int(note), "#C3C9D0") for note in notes])
    axes.axhline(0, color=style.INK, linewidth=0.6)
    known = arrays["null"][unit] != 0  # not where a note is never played
    axes.hlines(
        arrays["null"][unit][known], notes[known] - 0.5, notes[known] + 0.5, color=style.INK,
        linewidth=0.9,
    )  # fmt: skip
    passed = arrays["p_family"][unit] <= LEVEL
    axes.plot(notes[passed], peaks[passed], ".", color=style.INK, markersize=3, markeredgewidth=0)
    roots = notes[(notes - NOTE) % OCTAVE == 0]
    axes.set_xticks(roots, [f"A{note // OCTAVE - 1}" for note in roots])
    axes.set(ylabel=f"φ of unit {unit}", xlim=(notes[0] - 0.5, notes[-1] + 0.5))
    axes.annotate(
        "A in all octaves", (1, 1), (0, -2), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", color=ROOT_COLOUR, weight="bold",
    )  # fmt: skip
    axes.annotate(
        "E", (1, 1), (0, -12), xycoords="axes fraction", textcoords="offset points",
        ha="right", va="top", color=FIFTH_COLOUR, weight="bold",
    )  # fmt: skip


def _colour(note: int, other: str) -> str:
    interval = (note - NOTE) % OCTAVE
    return {0: ROOT_COLOUR, FIFTH: FIFTH_COLOUR}.get(interval, other)
