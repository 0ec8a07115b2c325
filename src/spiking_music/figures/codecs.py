"""What a bit rate buys from one codec and another: `experiments/codecs.py` as a picture."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spiking_music.config import label as row_label
from spiking_music.evaluation import tables
from spiking_music.figures import style

RATE, PAPER_RATE = "kbps", "kbps_paper"
MEASURES = {
    "si_snr_db": "SI-SNR (dB)",
    "mel_distance": "mel distance (dB), less is better",
    "visqol": "ViSQOL (MOS-LQO)",
    "zimtohrli": "Zimtohrli (MOS)",
}


def draw(table: Path | str, out: Path | str) -> None:
    """Draw bit rate against every measure that the table has, a line a codec.

    Filled markers: means at the bytes of sound in the files, with 95 % intervals; hollow markers:
    the same codes in the cheapest of the paper's formats, where that is more than 2 % away.

    table: .csv, a row a system: codec, kbps, kbps_paper, and for each of `MEASURES` its mean,
    <measure>_low and <measure>_high. Raises `DataError` where it or a column is missing or empty.
    """
    ends = [f"{name}_{end}" for name in MEASURES for end in ("low", "high")]
    rows = tables.read(table, ["codec", RATE], present=[PAPER_RATE, *MEASURES, *ends])
    measures = [name for name in MEASURES if rows[name].notna().any()]
    looks = style.looks(rows["codec"].unique())
    lines = -(-len(measures) // 2)
    with style.page(out, height=16 + 58 * lines) as figure:
        panels = figure.subplots(lines, 2, sharex=True, squeeze=False).ravel()
        for axes, measure, mark in zip(panels, measures, "abcd", strict=False):
            for codec, group in rows.groupby("codec", sort=False):
                _curve(axes, group.sort_values(RATE), measure, looks[str(codec)])
            axes.set_ylabel(MEASURES[measure])
            axes.grid(axis="y")
            style.letter(axes, mark, "")
            style.octaves(axes)
        for axes in panels[len(measures) :]:
            axes.set_visible(False)
        for axes in panels[: len(measures)][-2:]:
            axes.set_xlabel("bit rate (kbps)")
        figure.legend(handles=_handles(looks, rows), loc="outside lower center", ncols=6)


def _curve(axes: Axes, group: pd.DataFrame, measure: str, look: style.Look) -> None:
    """The settings of one codec in order of their bit rates."""
    rate, mean = group[RATE].to_numpy(), group[measure].to_numpy()
    spread = np.abs(group[[f"{measure}_low", f"{measure}_high"]].to_numpy().T - mean)  # (2, rows)
    for x, paper, y in zip(rate, group[PAPER_RATE], mean, strict=True):
        if _differs(x, paper):
            axes.plot([x, paper], [y, y], color=look.colour, linewidth=0.8, zorder=2)
            axes.plot(
                paper, y, look.marker, color="white", markeredgecolor=look.colour, markersize=4.5,
                markeredgewidth=1.0, zorder=3,
            )  # fmt: skip
    axes.errorbar(
        rate, mean, spread, marker=look.marker, color=look.colour, markersize=4.5, linewidth=1.0,
        elinewidth=1.0, capsize=2, capthick=1.0, zorder=4,
    )  # fmt: skip


def _differs(rate: float, paper: float) -> bool:
    return bool(abs(paper - rate) > 0.02 * rate)  # not where there is none


def _handles(looks: dict[str, style.Look], rows: pd.DataFrame) -> list[Line2D]:
    handles = [
        Line2D([], [], label=row_label(name), marker=look.marker, color=look.colour, markersize=4.5)
        for name, look in looks.items()
    ]
    pairs = zip(rows[RATE], rows[PAPER_RATE], strict=True)
    if any(_differs(rate, paper) for rate, paper in pairs):
        hollow = Line2D([], [], label="in the paper's formats", marker="o", linestyle="")
        hollow.set(color=style.INK, markerfacecolor="white", markersize=4)
        handles.append(hollow)
    return handles
