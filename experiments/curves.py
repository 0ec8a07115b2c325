"""Quality against coded bits: `python experiments/curves.py RESULTS --curve NAME ROW … --out STEM`.

A curve joins rows of one family that were trained apart, in the order given; each point is the mean
over clips and seeds of what the workflow has measured (as in seeds.py, FOLDER:ROW included), its
bar the interval over performances. Writes <STEM>.png and <STEM>.svg.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

import command_line
import tables
from seeds import clips_of, over_seeds
from spiking_music.evaluation.bootstrap import interval
from spiking_music.figures import style

PANELS = {"si_snr_db": "SI-SNR (dB)", "mel_distance": "mel distance (dB), lower is better"}


def main() -> None:
    arguments = _arguments()
    named = [row for _, *rows in arguments.curve for row in rows]
    measured = clips_of(arguments.results, named)
    clips = {row: over_seeds(table, "kbps", *PANELS) for row, table in measured.items()}
    looks = style.looks(name for name, *_ in arguments.curve)
    with style.page(arguments.out, height=82) as figure:
        panels = figure.subplots(1, len(PANELS), sharex=True)
        for axes, (measure, label), mark in zip(panels, PANELS.items(), "ab", strict=True):
            for name, *rows in arguments.curve:
                curve(axes, [clips[row] for row in rows], measure, looks[name])
            axes.set(xlabel="entropy-coded bit rate (kbps)", ylabel=label)
            axes.grid(axis="y")
            style.letter(axes, mark, "")
        handles = panels[0].containers
        figure.legend(handles, looks, loc="outside lower center", ncols=2)


def curve(axes: Axes, rows: list[pd.DataFrame], measure: str, look: style.Look) -> None:
    """Draw one family: a point a row, given as a line a clip, joined."""
    points = np.array([point(clips, measure) for clips in rows])  # (rows, 4)
    kbps, mean, low, high = points.T
    axes.errorbar(
        kbps, mean, [mean - low, high - mean], marker=look.marker, color=look.colour,
        markersize=4.5, elinewidth=0.8, capsize=2, capthick=0.8,
    )  # fmt: skip


def point(clips: pd.DataFrame, measure: str) -> tuple[float, float, float, float]:
    """Kbps, and the mean of `measure` with its interval."""
    bounds = interval(clips[measure], clips["performance"], tables.SETTINGS.bootstrap, tables.SEED)
    return clips["kbps"].mean(), clips[measure].mean(), *bounds


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "curves")
    parser.add_argument("results", type=Path, help="folder of results of one data set")
    parser.add_argument(
        "--curve", nargs="+", action="append", required=True, metavar="NAME", help="name, rows"
    )
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
