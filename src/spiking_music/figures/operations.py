"""What quality costs to compute: SI-SNR against the multiply-accumulates of a second of audio."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from spiking_music.config import label
from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.figures import style
from spiking_music.figures.rate_quality import SI_SNR

ENCODER, ENTROPY, DECODER, EVENTS = "encoder_mmac", "entropy_mmac", "decoder_mmac", "event_macc"


def draw(summary: Path | str, out: Path | str) -> None:
    """Draw SI-SNR against the operations of encoding (a) and of decoding (b), log axes.

    Filled markers: multiply-accumulates of the network and of the entropy model; hollow markers, in
    b: additions of the first layer after the bottleneck, run by events. Bars: 95 % intervals. Rows
    whose operations are not known (codecs of others, anchors) are left out, and named below.

    summary: summary.csv. Raises `DataError` where it cannot be read, lacks a column, or tells the
    operations of nothing.
    """
    table = tables.read(summary, ["variant"], [*SI_SNR.columns, ENCODER, ENTROPY, DECODER, EVENTS])
    known = table[ENCODER].notna()
    left_out = table.loc[~known, "variant"].astype(str)
    table = table[known].set_index("variant")
    if table.empty:
        raise DataError(f"'{summary}' has the operations of no variant: nothing to show")
    table = table.loc[style.in_order(map(str, table.index))]
    best = {str(name): float(row[SI_SNR.column]) for name, row in table.iterrows()}
    low = style.below(best)
    table = table.drop(index=low)
    looks = style.looks(map(str, table.index))
    with style.page(out, height=74 + 4 * ((len(looks) + 2) // 4)) as figure:
        panels = figure.subplots(1, 2, sharey=True)
        for name, row in table.iterrows():
            entropy = 0.0 if pd.isna(row[ENTROPY]) else row[ENTROPY]
            for axes, network in zip(panels, (ENCODER, DECODER), strict=True):
                _mark(axes, row[network] + entropy, row, looks[str(name)])
            panels[1].plot(
                row[EVENTS], row[SI_SNR.column], looks[str(name)].marker, markersize=4.5,
                markerfacecolor="none", markeredgecolor=looks[str(name)].colour, zorder=4,
            )  # fmt: skip
        for axes, mark, what in zip(panels, "ab", ("encode", "decode"), strict=True):
            axes.set(xscale="log", xlabel=f"10⁶ operations a second of audio to {what}")
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))  # less than a decade, perhaps
            axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:g}"))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.grid(axis="y")
            style.letter(axes, mark, "")
        panels[0].set_ylabel(SI_SNR.label)
        style.floor(panels[0], best)
        notes = [f"not shown: {', '.join(left_out)}"] if len(left_out) else []
        if low:
            notes.append(style.below_floor(low))
        figure.legend(
            handles=_keys(looks), loc="outside lower center", ncols=4,
            title=style.wrapped(notes, style.WIDTH), title_fontsize=6.5,
        )  # fmt: skip


def _mark(axes: Axes, operations: float, row: pd.Series, look: style.Look) -> None:
    """A system's mean and its interval."""
    quality, low, high = (float(row[column]) for column in SI_SNR.columns)
    axes.errorbar(
        operations, quality, [[quality - low], [high - quality]], fmt=look.marker,
        color=look.colour, markersize=5, elinewidth=1.2, capsize=3, capthick=1.2, zorder=5,
    )  # fmt: skip


def _keys(looks: dict[str, style.Look]) -> list[Line2D]:
    """The variants, and what the kinds of marks mean."""
    marks = {label(name): (look.marker, look.colour, look.colour) for name, look in looks.items()}
    marks["multiply-accumulates, 95 % interval"] = ("o", style.INK, style.INK)
    marks["additions of the event-driven first layer"] = ("o", style.INK, "none")
    return [
        Line2D([], [], label=name, linestyle="", marker=marker, color=colour, markerfacecolor=face)
        for name, (marker, colour, face) in marks.items()
    ]
