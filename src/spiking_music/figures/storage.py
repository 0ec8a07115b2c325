"""Figure 1: bits of an event matrix in each of the paper's formats, and which is cheapest where."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from spiking_music.codec.formats import FORMATS, cost, entropy_bound
from spiking_music.figures import style

NAMES = {
    "dense": "dense",
    "coo": "coordinates",
    "time": "compressed time",
    "units": "compressed units",
}
FORMULAS = {
    "dense": "N·T",
    "coo": "S·(⌈log₂N⌉ + ⌈log₂T⌉)",
    "time": "S·⌈log₂T⌉ + (N−1)·⌈log₂S⌉",
    "units": "S·⌈log₂N⌉ + (T−1)·⌈log₂S⌉",
}
FEWEST = 10  # events: at S = 1 the paper's pointers, ⌈log2 S⌉ bits each, would be free
COLOURS = dict(zip(("coo", "time", "units", "dense"), style.PALETTE, strict=False))


@dataclass(frozen=True)
class Regime:
    """A run of event counts, `first` to `last` inclusive, in which one format is cheapest."""

    format: str
    first: int
    last: int


def regimes(units: int, steps: int) -> list[Regime]:
    """The cheapest format as runs of S = 10 .. N·T events; a tie stays with the run's format."""
    events = np.arange(FEWEST, units * steps + 1)
    bits = np.stack([cost(name, units, steps, events) for name in FORMATS])  # (formats, events)
    dearer = bits > bits.min(axis=0)
    runs: list[Regime] = []
    start = 0
    while start < len(events):  # take the format that stays cheapest for longest, hop to its end
        ends = [_first(row[start:]) + start for row in dearer]
        longest = int(np.argmax(ends))
        runs.append(Regime(FORMATS[longest], int(events[start]), int(events[ends[longest] - 1])))
        start = ends[longest]
    return runs


def _first(mask: NDArray[np.bool_]) -> int:
    """Index of the first true entry, or the length where there is none."""
    return int(np.argmax(mask)) if mask.any() else len(mask)


def draw(units: int, steps: int, out: Path | str) -> None:
    """Draw figure 1 for N = `units` and T = `steps` as `<out>.png` and `<out>.svg`.

    Lisboa & Bellec 2024, figure 1, where N = 80 and T = 1024.
    Panel a: bits of the four formats against S, the regimes shaded, the crossings marked, the
    entropy of independent, identically distributed events dashed. Panel b: the same over it.
    """
    runs = regimes(units, steps)
    events = _counts(units, steps)
    bound = entropy_bound(units, steps, events)
    with style.page(out, height=116) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.6, 1])
        for axes, divisor in ((upper, np.ones(len(events))), (lower, bound)):
            _shade(axes, runs)
            for name, colour in COLOURS.items():
                bits = cost(name, units, steps, events) / divisor
                _line(axes, events, bits, colour, [run for run in runs if run.format == name])
            axes.plot(events, bound / divisor, color=style.INK, linewidth=1.0, dashes=(4, 2))
            axes.grid(axis="y", color="white", linewidth=0.8)
        _names(upper, runs)
        _crossings(upper, units, steps, runs)
        _legend(upper)
        _frame(upper, lower, units * steps)


def _counts(units: int, steps: int) -> NDArray[np.int64]:
    """Event counts to draw at: even on a log axis, with both sides of every jump of ⌈log2 S⌉."""
    full = units * steps  # not drawn itself: its entropy is 0
    powers = 2 ** np.arange(int(np.log2(full)) + 1)
    spaced = np.geomspace(FEWEST, full - 1, 500).astype(np.int64)
    counts = np.unique(np.concatenate([spaced, powers, powers + 1]))
    return counts[(counts >= FEWEST) & (counts < full)]


def _shade(axes: Axes, runs: list[Regime]) -> None:
    for run in runs:
        colour = style.tint(COLOURS[run.format], 0.12)
        axes.axvspan(run.first, run.last + 1, color=colour, linewidth=0, zorder=0)
    for run in runs[1:]:
        axes.axvline(run.first, color=style.MUTED, linewidth=0.7, linestyle=(0, (1, 2)), zorder=0.5)


def _line(
    axes: Axes,
    events: NDArray[np.int64],
    values: NDArray[np.float64],
    colour: str,
    own: list[Regime],
) -> None:
    """One format: thin, and thick where it is the cheapest (in its `own` regimes)."""
    axes.plot(events, values, color=style.tint(colour, 0.6), linewidth=0.9)
    for run in own:
        inside = (events >= run.first) & (events <= run.last)
        axes.plot(events[inside], values[inside], color=colour, linewidth=2.6)


def _names(axes: Axes, runs: list[Regime]) -> None:
    """The name of each format above its widest regime."""
    for name, colour in COLOURS.items():
        own = [run for run in runs if run.format == name]
        if own:
            widest = max(own, key=lambda run: (run.last + 1) / run.first)
            axes.annotate(
                NAMES[name].replace(" ", "\n"),
                (np.sqrt(widest.first * (widest.last + 1)), 1), (0, 4),
                xycoords=("data", "axes fraction"), textcoords="offset points",
                ha="center", va="bottom", color=colour, weight="bold", linespacing=1.1,
            )  # fmt: skip


def _crossings(axes: Axes, units: int, steps: int, runs: list[Regime]) -> None:
    """A ring where one regime gives way to the next, its S and density at the top of the panel.

    Neighbours too close for two labels share the first one's.
    """
    labelled = 0.0
    for run in runs[1:]:
        bits = cost(run.format, units, steps, np.array([run.first]))
        axes.plot(
            run.first, bits, "o", markersize=5, color="white",
            markeredgecolor=style.INK, markeredgewidth=1.0, zorder=5,
        )  # fmt: skip
        if run.first > 1.6 * labelled:
            labelled = run.first
            text = (
                f"S = {style.thousands(run.first)}\n{100 * run.first / (units * steps):.2g} % ones"
            )
            axes.annotate(
                text, (run.first, 1), (4, -5), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="top", linespacing=1.25,
            )  # fmt: skip


def _legend(axes: Axes) -> None:
    handles = [
        Line2D([], [], color=colour, linewidth=2.6, label=f"{NAMES[name]}:  {FORMULAS[name]}")
        for name, colour in reversed(COLOURS.items())
    ]
    dashed = Line2D([], [], color=style.INK, linewidth=1.0, dashes=(4, 2))
    dashed.set_label("i.i.d. entropy:  N·T·h(S / N·T)")
    axes.legend(handles=[*handles, dashed], loc="lower center", bbox_to_anchor=(0.465, 0.01))


def _frame(upper: Axes, lower: Axes, full: int) -> None:
    style.decades(upper)
    upper.set(xscale="log", xlim=(FEWEST, full), ylim=(40, 40 * full))
    upper.set(ylabel="storage (bits)")
    upper.tick_params(axis="x", which="both", bottom=False)
    lower.set(xlabel="number of events S", ylabel="bits / entropy", ylim=(0.85, 3.1))
    lower.xaxis.set_major_formatter(lambda value, _: style.thousands(value))
    lower.xaxis.set_minor_formatter(NullFormatter())
    style.letter(upper, "a", "")
    style.letter(lower, "b", "")
