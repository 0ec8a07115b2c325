"""What a bit rate buys: quality of every variant against its bit rate, with intervals and clips."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from spiking_music.errors import DataError
from spiking_music.figures import style, tables

Line = Literal["-", "--"]

RATE, CODED_RATE = "kbps_cheapest", "kbps_coded"
HEADER_RATE = "kbps_header"  # of systems that make files: MP3 and Opus
PUBLISHED = {"paper RVQ": (3.445, 11.0, 2.0), "paper FREE": (3.445, 9.0, 2.0)}  # kbps, dB
GAP = 0.03  # of the axis: what sets points of equal bit rate apart
WIDEST = 2  # gaps from the first of them to the last, however many: where they stand means a rate
CODECS: tuple[tuple[Line, str], ...] = (
    ("-", "."),
    ("--", "x"),
)  # lines and markers of codecs, all in one colour


@dataclass(frozen=True)
class Measure:
    """A column of the tables and the name of its axis; summary.csv has `<stem>_low` and `_high`."""

    column: str
    stem: str
    label: str


SI_SNR = Measure("si_snr_db", "si_snr", "SI-SNR (dB)")
VISQOL = Measure("visqol", "visqol", "ViSQOL (MOS-LQO)")


def draw(
    summary: Path | str,
    evaluation: Mapping[str, Path],
    storage: Mapping[str, Path],
    out: Path | str,
    published: bool,
) -> None:
    """Draw bit rate (kbps) against SI-SNR and, where it was measured, ViSQOL.

    Filled markers: means over clips at the paper's cheapest format, bars their 95 % intervals;
    hollow markers: the same quality at what the entropy coder writes; dots: single clips.
    Points of equal bit rate are set apart sideways. Codecs that make files (MP3, Opus), rows with
    kbps_header, are a line each, over their settings. `published` adds the paper's points.
    What has no bit rate (mel, anchors) is left out, and named below.

    summary: summary.csv. evaluation, storage: the per-clip tables of each variant, rows in the same
    order. Raises `DataError` where a table or a column is missing or empty.
    """
    # a single clip has no interval
    filled = ["variant", RATE, CODED_RATE, SI_SNR.column]
    present = [*_columns(SI_SNR), HEADER_RATE, "decoder"]
    table = tables.read(summary, filled, present=present).set_index("variant")
    looks = style.looks(table.index)  # before any row goes, as in the other figures
    left_out = [str(name) for name in table.index[table[RATE].isna()]]
    table = table[table[RATE].notna()]
    rates = table[RATE]
    codecs = dict([*table[table[HEADER_RATE].notna()].groupby("decoder", sort=False)])
    table = table[table[HEADER_RATE].isna()]
    rows = {str(name): row for name, row in table.iterrows()}
    clips = {name: _clips(name, evaluation, storage) for name in rows}
    perceptual = VISQOL.column in table and table[VISQOL.column].notna().any()
    measures = [SI_SNR, VISQOL] if perceptual else [SI_SNR]
    keys = len(rows) + len(codecs) + 4
    columns = 4 if perceptual else 2
    with style.page(
        out, height=78 + 4 * (keys // columns), width=style.WIDTH if perceptual else 100
    ) as figure:
        panels = figure.subplots(1, len(measures), sharex=True, squeeze=False)[0]
        published_rates = {name: row[0] for name, row in PUBLISHED.items() if published}
        context = pd.Series(published_rates, dtype=float)
        lowest = table[CODED_RATE].where(table[CODED_RATE] > 0, table[RATE])
        span = np.log2(pd.concat([rates, context]).max() / pd.concat([rates, lowest]).min())
        gap = GAP * max(span, 0.2)  # octaves
        positions = _apart(pd.concat([table[RATE], context]), gap)
        for axes, measure, mark in zip(panels, measures, "ab", strict=False):
            for name, row in rows.items():
                shift = positions[name] / row[RATE]
                _cloud(axes, clips[name], measure, looks[name], shift, gap)
                _mean(axes, row, measure, looks[name], shift)
            for group, look in zip(codecs.values(), CODECS, strict=False):
                _codec(axes, group.sort_values(RATE), measure, *look)
            axes.set(xlabel="bit rate (kbps)", ylabel=measure.label)
            axes.grid(axis="y")
            style.octaves(axes)
            style.letter(axes, mark, "")
        if published:
            _published(panels[0], positions)
        handles = _handles({name: looks[name] for name in rows}, [*codecs], published)
        low = style.floor(panels[0], {name: row[SI_SNR.column] for name, row in rows.items()})
        note = _note(left_out, low)
        figure.legend(
            handles=handles, loc="outside lower center", ncols=columns, title=note,
            title_fontsize=6.5,
        )  # fmt: skip


def _note(left_out: list[str], low: list[str]) -> str | None:
    """What the figure does not show, and why."""
    notes = [f"not shown, having no bit rate: {', '.join(left_out)}"] if left_out else []
    notes += [f"below {style.FLOOR_DB:g} dB: {', '.join(low)}"] if low else []
    return "\n".join(notes) or None


def _columns(measure: Measure) -> list[str]:
    return [measure.column, f"{measure.stem}_low", f"{measure.stem}_high"]


def _clips(name: str, evaluation: Mapping[str, Path], storage: Mapping[str, Path]) -> pd.DataFrame:
    """One row a clip: its quality, and the bit rate of its cheapest format."""
    if name not in evaluation or name not in storage:
        raise DataError(f"the summary has a variant '{name}' without tables of its clips")
    quality = tables.read(evaluation[name], [SI_SNR.column])
    rates = tables.read(storage[name], [RATE])
    if len(quality) != len(rates):
        raise DataError(
            f"'{evaluation[name]}' has {len(quality)} clips but '{storage[name]}' {len(rates)}: "
            "run the rules that write them again"
        )
    return quality.assign(**{RATE: rates[RATE]})


def _apart(rates: pd.Series, gap: float) -> dict[str, float]:
    """Where each is drawn (kbps): `gap` octaves apart, lest equal rates hide each other.

    Of more than a few, the gaps are smaller.
    """
    ordered = np.log2(rates).sort_values(kind="stable")
    groups: list[list[str]] = [[]]
    for name, rate in ordered.items():
        if groups[-1] and rate - ordered[groups[-1][-1]] >= gap:
            groups.append([])
        groups[-1].append(str(name))
    positions: dict[str, float] = {}
    for group in groups:
        group.sort(key=list(rates.index).index)  # nearly equal rates keep the table's order
        width = gap * min(WIDEST, len(group) - 1)
        offsets = np.linspace(-width / 2, width / 2, len(group))
        middle = float(ordered[group].mean())
        positions |= {name: 2 ** (middle + x) for name, x in zip(group, offsets, strict=True)}
    return positions


def _cloud(
    axes: Axes, clips: pd.DataFrame, measure: Measure, look: style.Look, shift: float, gap: float
) -> None:
    """A faint dot for each clip, spread sideways within ± 0.35 gaps by the golden ratio."""
    spread = 2 ** (gap * 0.7 * (_golden(len(clips)) - 0.5))
    axes.scatter(
        clips[RATE] * shift * spread, clips[measure.column],
        s=5, color=look.colour, alpha=0.28, linewidth=0, zorder=1,
    )  # fmt: skip


def _golden(count: int) -> NDArray[np.float64]:
    """`count` numbers spread evenly over 0..1 in a fixed, irregular order."""
    return (np.arange(count) * (np.sqrt(5) - 1) / 2) % 1


def _mean(axes: Axes, row: pd.Series, measure: Measure, look: style.Look, shift: float) -> None:
    """Mean and interval at the cheapest format, joined to the same quality once coded."""
    quality, low, high = (float(row[column]) for column in _columns(measure))
    rate, coded = row[RATE] * shift, row[CODED_RATE]
    if coded > 0:  # no bits have no place on a log axis
        axes.plot([coded, rate], [quality, quality], color=look.colour, linewidth=0.8, zorder=3)
        axes.plot(
            coded, quality, look.marker, color="white", markeredgecolor=look.colour,
            markersize=4.5, markeredgewidth=1.0, zorder=4,
        )  # fmt: skip
    axes.errorbar(
        rate, quality, [[quality - low], [high - quality]], fmt=look.marker, color=look.colour,
        markersize=5, elinewidth=1.2, capsize=3, capthick=1.2, zorder=5,
    )  # fmt: skip


def _codec(axes: Axes, group: pd.DataFrame, measure: Measure, line: Line, marker: str) -> None:
    """The settings of a codec in order of their bit rates."""
    mean, low, high = (group[column].to_numpy() for column in _columns(measure))
    axes.errorbar(
        group[RATE], mean, [mean - low, high - mean], linestyle=line, marker=marker,
        color=style.INK, markersize=4, linewidth=0.9, elinewidth=0.8, capsize=2, capthick=0.8,
        zorder=3,
    )  # fmt: skip


def _published(axes: Axes, positions: Mapping[str, float]) -> None:
    """The paper's points with their ± as context."""
    for name, (_, quality, spread) in PUBLISHED.items():
        axes.errorbar(
            positions[name], quality, spread, fmt="o", color=style.MUTED, markerfacecolor="white",
            markersize=5, elinewidth=0.8, capsize=2, capthick=0.8, zorder=2,
        )  # fmt: skip
        axes.annotate(
            name.split()[1], (positions[name], quality + spread), (-4, 3),
            textcoords="offset points", color=style.MUTED, fontsize=6,
        )  # fmt: skip


def _handles(looks: Mapping[str, style.Look], codecs: list[str], published: bool) -> list[Line2D]:
    """Legend: the variants and codecs, then what the kinds of marks mean."""

    def key(label: str, marker: str, colour: str, face: str, size: float) -> Line2D:
        handle = Line2D([], [], label=label, marker=marker, color=colour, linestyle="")
        handle.set(markerfacecolor=face, markersize=size)
        return handle

    kinds = [
        key("mean and 95 % interval, cheapest format", "o", style.INK, style.INK, 5),
        key("the same, entropy coded", "o", style.INK, "white", 4),
        key("one clip", ".", style.MUTED, style.MUTED, 3),
    ]
    if published:
        kinds.append(
            key("paper (MAESTRO, 1 M steps), ± as published", "o", style.MUTED, "white", 5)
        )
    variants = [key(name, look.marker, look.colour, look.colour, 5) for name, look in looks.items()]
    files = [
        Line2D([], [], label=name, linestyle=line, marker=marker, color=style.INK, markersize=4)
        for name, (line, marker) in zip(codecs, CODECS, strict=False)
    ]
    return variants + files + kinds
