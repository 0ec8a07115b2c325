"""Figure 5: what events have to do with notes, variant by variant, and the units closest to A2."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import SubFigure
from numpy.typing import NDArray

from spiking_music.errors import DataError
from spiking_music.evaluation.correlation import even
from spiking_music.figures import style

NOTE = 45  # A2
ROWS = 15  # units of the map
WINDOW = 10  # frames (Lisboa & Bellec 2024, figure 5)
FREQUENT = 100  # events of a unit whose correlation is drawn
OCTAVE, FIFTH = 12, 7  # semitones; E is the fifth of A, and its third harmonic
BLACK = (1, 3, 6, 8, 10)  # pitch classes of the black keys
ROOT_COLOUR, FIFTH_COLOUR = style.PALETTE[1], style.PALETTE[2]
DIVERGING = LinearSegmentedColormap.from_list(
    "prominence",
    [(0, style.PALETTE[5]), (0.5, "white"), (0.8, style.PALETTE[0]), (1, "#00304E")],
)

Arrays = dict[str, NDArray[np.floating]]


def draw(files: Mapping[str, Path], out: Path | str) -> None:
    """Draw figure 5 from each variant's .npz of `evaluation.selectivity`; the last one has the map.

    Lisboa & Bellec 2024, figure 5.
    A panel a variant: C of each unit and its best note, relative to the mean over lags, and the
    median. Then φ of the 15 units of the last variant whose score for A2 is highest against all
    notes, pairs that pass the family-wise test dotted, and the first unit's φ as a profile. Writes
    `<out>.png` and `<out>.svg`; raises `DataError` where a file is missing or no variant is given.
    """
    if not files:
        raise DataError("figure 5 needs the selectivity of one variant at least")
    arrays = {name: _read(path) for name, path in files.items()}
    shown, last = list(arrays.items())[-1]
    with style.page(out, height=158) as figure:
        halves = figure.subfigures(2, 1, squeeze=False, height_ratios=[1, 1.75])[:, 0]
        panels = halves[0].subplots(1, len(arrays), sharey=True, squeeze=False)[0]
        looks = style.looks(arrays)
        tops = []
        for index, (name, axes) in enumerate(zip(arrays, panels, strict=True)):
            tops.append(_correlations(axes, arrays[name], looks[name].colour))
            style.letter(axes, "abcdefgh"[index], name)
        panels[0].set(ylabel="C relative to its mean")
        panels[0].set_ylim(0, 1.05 * max(tops))
        _key(panels[0], looks[next(iter(arrays))].colour)
        _map_and_profile(halves[1], last, shown, "abcdefgh"[len(arrays)])


def _read(path: Path) -> Arrays:
    try:
        with np.load(path) as file:
            return dict(file)
    except FileNotFoundError:
        raise DataError(f"no selectivity '{path}': run the rule that writes it") from None


def _correlations(axes: Axes, arrays: Arrays, colour: str) -> float:
    """A faint line for each unit with its best note, but for rare ones; the median on top.

    Returns the height that one curve in a hundred exceeds, those of the rarest notes.
    """
    seconds = arrays["lags"] / arrays["step_rate"]
    best = arrays["score"].argmax(axis=1)
    curves = even(arrays["correlation"][np.arange(len(best)), best], int(arrays["steps"]))
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
        "|τ| < 10 steps", (-edge, 1), (-3, -1), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha="right", va="top", fontsize=6, color=style.MUTED,
    )  # fmt: skip
    return float(np.quantile(curves.max(axis=1), 0.99))


def _key(axes: Axes, colour: str) -> None:
    axes.plot([], [], color=style.tint(colour, 0.4), linewidth=0.7, label="a unit, its best note")
    axes.plot([], [], color=colour, linewidth=1.8, label="median of units")
    axes.legend(loc="upper right", borderaxespad=0)


def _map_and_profile(figure: SubFigure, arrays: Arrays, name: str, mark: str) -> None:
    """The map, a keyboard under it, and the profile of its first row on the same notes."""
    notes = arrays["notes"].astype(int)
    order = np.argsort(-arrays["score"][:, NOTE - notes[0]], kind="stable")[:ROWS]
    peaks = arrays["prominence"][order]  # (15, 88)
    upper, keys, lower = figure.subplots(3, 1, sharex=True, height_ratios=[15, 1.6, 8])
    limit = max(float(np.abs(peaks).max()), 0.01)
    image = upper.pcolormesh(
        notes, np.arange(len(order)), peaks,
        cmap=DIVERGING, vmin=-limit, vmax=limit, rasterized=True,
    )  # fmt: skip
    row, column = np.nonzero(arrays["p_family"][order] <= 0.05)
    upper.plot(notes[column], row, ".", color=style.INK, markersize=2, markeredgewidth=0)
    upper.set_yticks(np.arange(len(order)), [str(unit) for unit in order], fontsize=6)
    upper.tick_params(length=0)
    upper.invert_yaxis()
    upper.spines[:].set_visible(False)
    upper.set(ylabel=f"unit of {name}, by score for A2")
    style.letter(upper, mark, "peak prominence φ of 15 units for the 88 notes")
    bar = figure.colorbar(image, ax=upper, pad=0.01, aspect=30, shrink=0.9)
    bar.outline.set_visible(False)
    bar.set_label("φ")
    _keyboard(keys, notes)
    _profile(lower, notes, peaks[0], int(order[0]))


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


def _profile(axes: Axes, notes: NDArray[np.int64], peaks: NDArray[np.floating], unit: int) -> None:
    """φ of one unit: octaves of A in one colour, E in another, all else grey."""
    axes.bar(notes, peaks, 0.8, color=[_colour(int(note), "#C3C9D0") for note in notes])
    axes.axhline(0, color=style.INK, linewidth=0.6)
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
