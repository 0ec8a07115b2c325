"""What a bit rate buys: quality of every variant against its bit rate, with intervals and clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spiking_music.config import label as row_label
from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.figures import style

Line = Literal["-", "--", ":", "-."]

RATE, PAPER_RATE = "kbps", "kbps_paper"
HEADER_RATE = "kbps_header"  # of codecs that are not trained here: MP3, Opus, external ones
# kbps in the paper's formats, dB, ±: Lisboa & Bellec 2024, MAESTRO, 1 M steps
PUBLISHED = {"paper RVQ": (3.445, 11.0, 2.0), "paper FREE": (3.445, 9.0, 2.0)}
NARROW = 120.0  # mm, of a figure of one panel
FILLED = 0.75  # opacity of marks that may lie on each other
CODECS: tuple[tuple[Line, str], ...] = (  # lines and markers of codecs, all in one colour
    *(("-", "."), ("--", "x"), (":", "+"), ("-.", "1")),
    *(("-", "2"), ("--", "3"), (":", "4"), ("-.", "|")),
)


@dataclass(frozen=True)
class Measure:
    """A column of the tables and the name of its axis; summary.csv has `<stem>_low` and `_high`."""

    column: str
    stem: str
    label: str

    @property
    def columns(self) -> list[str]:
        return [self.column, f"{self.stem}_low", f"{self.stem}_high"]


SI_SNR = Measure("si_snr_db", "si_snr", "SI-SNR (dB)")
VISQOL = Measure("visqol", "visqol", "ViSQOL (MOS-LQO)")


@dataclass(frozen=True)
class Points:
    """What is drawn: rows of the summary by variant, and the clips of each."""

    rows: dict[str, pd.Series]
    clips: dict[str, pd.DataFrame]
    codecs: dict[str, pd.DataFrame]  # rows of MP3, Opus and external codecs
    left_out: list[str]  # rows without a bit rate

    def without(self, names: Sequence[str]) -> "Points":
        """The same but for the variants and codecs `names`."""
        rows = {name: row for name, row in self.rows.items() if name not in names}
        codecs = {name: group for name, group in self.codecs.items() if name not in names}
        return replace(self, rows=rows, codecs=codecs)


def draw(
    summary: Path | str,
    evaluation: Mapping[str, Path],
    coded: Mapping[str, Path],
    out: Path | str,
    published: bool,
) -> None:
    """Draw bit rate (kbps) against SI-SNR and, where it was measured, ViSQOL.

    Filled markers: means over clips at what is written to disk, bars their 95 % intervals; hollow
    markers: the same codes in the cheapest of the paper's formats; dots: single clips. Every x is
    the rate itself: marks that coincide show through each other. Other codecs (MP3, Opus, rows of
    `external`), rows with kbps_header, are a line each, over their settings. `published` adds the
    paper's points. What has no bit rate (mel, anchors) is left out, and named below.

    summary: summary.csv. evaluation, coded: the per-clip tables of each variant that has codes,
    rows in the same order. Raises `DataError` where a table or a column is missing or empty.
    """
    points = _points(summary, evaluation, coded)
    perceptual = any(row[VISQOL.column] == row[VISQOL.column] for row in points.rows.values())
    measures = [SI_SNR, VISQOL] if perceptual else [SI_SNR]
    best = {name: row[SI_SNR.column] for name, row in points.rows.items()}
    best |= {name: group[SI_SNR.column].max() for name, group in points.codecs.items()}
    low = style.below(best)
    if not perceptual:  # they are nowhere, and would but stretch the axis of rates
        points = points.without(low)
    keys = len(points.rows) + len(points.codecs) + 4
    columns = 4 if perceptual else 2
    looks = style.looks(points.rows)
    with style.page(
        out, height=78 + 4 * (keys // columns), width=style.WIDTH if perceptual else NARROW
    ) as figure:
        panels = figure.subplots(1, len(measures), sharex=True, squeeze=False)[0]
        for axes, measure, mark in zip(panels, measures, "ab", strict=False):
            for name, row in points.rows.items():
                if measure is SI_SNR and name in low:
                    continue
                _cloud(axes, points.clips[name], measure, looks[name])
                _mean(axes, row, measure, looks[name])
            for group, look in zip(points.codecs.values(), cycle(CODECS), strict=False):
                _codec(axes, group.sort_values(RATE), measure, *look)
            axes.set(xlabel="bit rate (kbps)", ylabel=measure.label)
            axes.grid(axis="y")
            style.octaves(axes)
            style.letter(axes, mark, "")
        if published:
            _published(panels[0])
        style.floor(panels[0], best)
        _legend(figure, looks, points, published, columns, low)


def _points(
    summary: Path | str, evaluation: Mapping[str, Path], coded: Mapping[str, Path]
) -> Points:
    filled = ["variant", RATE, PAPER_RATE, SI_SNR.column]
    present = [*SI_SNR.columns, *VISQOL.columns, HEADER_RATE, "decoder"]
    table = tables.read(summary, filled, present).set_index("variant")
    table = table.loc[style.in_order(map(str, table.index))]
    left_out = [str(name) for name in table.index[table[RATE].isna()]]
    table = table[table[RATE].notna()]
    codecs = dict([*table[table[HEADER_RATE].notna()].groupby("decoder", sort=False)])
    rows = {str(name): row for name, row in table[table[HEADER_RATE].isna()].iterrows()}
    clips = {name: _clips(name, evaluation, coded) for name in rows}
    return Points(rows, clips, {str(name): group for name, group in codecs.items()}, left_out)


def _clips(name: str, evaluation: Mapping[str, Path], coded: Mapping[str, Path]) -> pd.DataFrame:
    """One row a clip: its quality, and its bit rate."""
    if name not in evaluation or name not in coded:
        raise DataError(f"the summary has a variant '{name}' without tables of its clips")
    return tables.clips(evaluation[name], coded[name], [SI_SNR.column])


def _cloud(axes: Axes, clips: pd.DataFrame, measure: Measure, look: style.Look) -> None:
    """A faint dot for each clip."""
    axes.scatter(
        clips[RATE],
        clips[measure.column],
        s=5,
        color=look.colour,
        alpha=0.28,
        linewidth=0,
        zorder=1,
    )


def _mean(axes: Axes, row: pd.Series, measure: Measure, look: style.Look) -> None:
    """Mean and interval at what is written, joined to the same quality in the paper's formats."""
    quality, low, high = (float(row[column]) for column in measure.columns)
    rate, paper = row[RATE], row[PAPER_RATE]
    axes.plot([rate, paper], [quality, quality], color=look.colour, linewidth=0.8, zorder=3)
    axes.plot(
        paper, quality, look.marker, markerfacecolor="none", markeredgecolor=look.colour,
        markersize=4.5, markeredgewidth=1.0, zorder=4,
    )  # fmt: skip
    axes.errorbar(
        rate, quality, [[quality - low], [high - quality]], fmt=look.marker, color=look.colour,
        markersize=5, elinewidth=1.2, capsize=3, capthick=1.2, alpha=FILLED, zorder=5,
    )  # fmt: skip


def _codec(axes: Axes, group: pd.DataFrame, measure: Measure, line: Line, marker: str) -> None:
    """The settings of a codec in order of their bit rates."""
    mean, low, high = (group[column].to_numpy() for column in measure.columns)
    axes.errorbar(
        group[RATE], mean, [mean - low, high - mean], linestyle=line, marker=marker,
        color=style.INK, markersize=4, linewidth=0.9, elinewidth=0.8, capsize=2, capthick=0.8,
        zorder=3,
    )  # fmt: skip


def _published(axes: Axes) -> None:
    """The paper's points with their ± as context."""
    for name, (rate, quality, spread) in PUBLISHED.items():
        axes.errorbar(
            rate, quality, spread, fmt="o", color=style.MUTED, markerfacecolor="none",
            markersize=5, elinewidth=0.8, capsize=2, capthick=0.8, zorder=2,
        )  # fmt: skip
        axes.annotate(
            name.split()[1], (rate, quality), (5, 2), va="bottom",
            textcoords="offset points", color=style.MUTED, fontsize=6,
        )  # fmt: skip


def _legend(
    figure: Figure,
    looks: Mapping[str, style.Look],
    points: Points,
    published: bool,
    columns: int,
    low: list[str],
) -> None:
    """The variants and codecs, what the kinds of marks mean, and what is not shown."""

    def key(label: str, marker: str, colour: str, face: str, size: float) -> Line2D:
        handle = Line2D([], [], label=row_label(label), marker=marker, color=colour, linestyle="")
        handle.set(markerfacecolor=face, markersize=size)
        return handle

    kinds = [
        key("mean and 95 % interval, on disk", "o", style.INK, style.INK, 5),
        key("mean in the paper's formats", "o", style.INK, "none", 4),
        key("one clip", ".", style.MUTED, style.MUTED, 3),
    ]
    if published:
        kinds.append(key("the paper's (MAESTRO), ±", "o", style.MUTED, "none", 5))
    variants = [key(name, look.marker, look.colour, look.colour, 5) for name, look in looks.items()]
    files = [
        Line2D([], [], label=name, linestyle=line, marker=marker, color=style.INK, markersize=4)
        for name, (line, marker) in zip(points.codecs, cycle(CODECS), strict=False)
    ]
    notes = []
    if points.left_out:
        notes.append(f"not shown, having no bit rate: {', '.join(points.left_out)}")
    if low:
        notes.append(style.below_floor(low))
    figure.legend(
        handles=variants + files + kinds, loc="outside lower center", ncols=columns,
        title=style.wrapped(notes, 25.4 * figure.get_figwidth()), title_fontsize=6.5,
    )  # fmt: skip
