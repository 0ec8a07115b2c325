"""Figure 2: a variant's architecture, drawn from a table that describes the built model."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from spiking_music.evaluation import tables
from spiking_music.figures import style

COLOURS = {
    "encoder": style.PALETTE[0],
    "context": style.PALETTE[3],
    "bottleneck": style.PALETTE[1],
    "decoder": style.PALETTE[2],
}
COLUMNS = ["part", "name", "repeats", "channels", "length", "evaluations", "parameters", "flops"]
NARROWEST = 0.66  # width of a box for a length of 1, where the clip at all its samples has 1


def draw(table: Path, out: Path | str) -> None:
    """Draw the blocks in `table` (.csv of `evaluation.architecture`) as `<out>.png`, .svg and .pdf.

    Lisboa & Bellec 2024, figure 2, for any variant.
    A box a block, from the waveform at the top to the waveform at the bottom; its width shows the
    length of its output on a log scale. Beside it: the output's shape, learned parameters, compute
    of coding, with all evaluations of a sampler, whose number stands beside its blocks.
    Raises `DataError` where the table is missing or has not the columns it should.
    """
    rows: list[Any] = [*tables.read(table, COLUMNS).itertuples(index=False)]
    with style.page(out, height=18 + 6.2 * len(rows)) as figure:
        boxes, shapes, parameters, compute = figure.subplots(
            1, 4, sharey=True, width_ratios=[2.6, 1.0, 1.2, 1.45]
        )
        _boxes(boxes, rows)
        _shapes(shapes, rows)
        _bars(parameters, rows, [row.parameters for row in rows], "parameters")
        _bars(compute, rows, [row.flops for row in rows], "FLOP per second of audio")
        boxes.set(ylim=(len(rows) - 0.4, -0.6))


def _boxes(axes: Axes, rows: Sequence[Any]) -> None:
    longest = max(row.length for row in rows)  # of the waveform
    for y, row in enumerate(rows):
        width = NARROWEST + (1 - NARROWEST) * np.log(row.length) / np.log(longest)
        colour = COLOURS[row.part]
        axes.add_patch(
            FancyBboxPatch(
                (-width / 2, y - 0.34), width, 0.68, boxstyle="round,pad=0,rounding_size=0.02",
                mutation_aspect=12, facecolor=style.tint(colour, 0.16), edgecolor=colour,
                linewidth=0.8,
            )
        )  # fmt: skip
        times = f"  ×{row.repeats}" if row.repeats > 1 else ""
        axes.text(0, y, row.name + times, ha="center", va="center", fontsize=7)
    y = 0
    for part, group in groupby(rows, key=lambda row: row.part):
        size = len(list(group))
        middle = y + (size - 1) / 2
        axes.text(-0.78, middle, part, color=COLOURS[part], weight="bold", va="center")
        y += size
    _evaluations(axes, rows)
    axes.plot([0, 0], [-0.6, len(rows) - 0.4], color=style.MUTED, linewidth=0.8, zorder=0)
    axes.set(xlim=(-0.78, 0.52))
    axes.axis("off")


def _evaluations(axes: Axes, rows: Sequence[Any]) -> None:
    """A line beside blocks that run more than once, and how often."""
    y = 0
    for times, group in groupby(rows, key=lambda row: row.evaluations):
        size = len(list(group))
        if times > 1:
            axes.plot([0.45, 0.45], [y - 0.3, y + size - 0.7], color=style.MUTED, linewidth=0.8)
            axes.text(
                0.47, y + (size - 1) / 2, f"{times} evaluations", rotation=270, va="center",
                fontsize=6.5,
            )  # fmt: skip
        y += size


def _shapes(axes: Axes, rows: Sequence[Any]) -> None:
    axes.set_title("output\nchannels × length", loc="center")
    for y, row in enumerate(rows):
        axes.text(0.46, y, f"{style.thousands(row.channels)} ×", ha="right", va="center")
        axes.text(0.50, y, style.thousands(row.length), ha="left", va="center")
    axes.axis("off")


def _bars(axes: Axes, rows: Sequence[Any], values: Sequence[float], name: str) -> None:
    total = sum(values)
    axes.set_title(f"{name}\n{short(total)} in all")
    axes.barh(range(len(rows)), values, 0.5, color=[COLOURS[row.part] for row in rows])
    for y, value in enumerate(values):
        axes.annotate(
            short(value), (value, y), (3, 0), textcoords="offset points", va="center",
            fontsize=6.5, color=style.INK if value else style.MUTED,
        )  # fmt: skip
    axes.set(xlim=(0, 1.25 * max(values)), xticks=[])
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.spines[["bottom"]].set_visible(False)


def short(value: float) -> str:
    """1234567 as 1.23 M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}" if value else "–"
