"""How training went: validation quality, loss and the state of the bottleneck against steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spiking_music.config import label as row_label
from spiking_music.figures import style, tables


@dataclass(frozen=True)
class Panel:
    """A column of log.csv, what its axis is called, and the factor from column to axis."""

    column: str
    label: str
    factor: float = 1.0


VALIDATION = Panel("validation_si_snr_db", "validation SI-SNR (dB)")
LOSS = Panel("loss", "training loss")
STATES = (  # of the bottleneck
    Panel("density", "density of events (% ones)", 100),
    Panel("codebook_usage", "codebook usage (% of entries)", 100),
)
PANELS = (VALIDATION, LOSS, *STATES)


def draw(logs: Mapping[str, Path], out: Path | str) -> None:
    """Draw the training logs (log.csv) of the variants `logs` as small multiples.

    Validation SI-SNR is drawn at every validation; values logged during training are drawn faint,
    and smoothed over a tenth of the run. A panel is drawn where at least one variant logs its
    column: diffusion decoders have no SI-SNR on the way, for instance. Raises `DataError` where a
    log lacks steps or loss.
    """
    runs = {name: tables.read(path, ["step", LOSS.column]) for name, path in logs.items()}
    looks = style.looks(runs)
    panels = [panel for panel in PANELS if any(_logged(run, panel) for run in runs.values())]
    columns = 2 if len(panels) == 4 else len(panels)
    rows = len(panels) // columns
    with style.page(out, height=14 + 56 * rows) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, panel, mark in zip(grid.flat, panels, "abcd", strict=False):
            for name, run in runs.items():
                if _logged(run, panel):
                    _curve(axes, run, panel, looks[name])
            axes.set(xlabel="optimiser steps", ylabel=panel.label, xlim=(0, None))
            if panel in STATES:
                axes.set_ylim(0, max(1.0, 1.1 * axes.dataLim.y1))  # %
            if panel is VALIDATION:
                style.floor(axes, {})
            axes.grid(axis="y")
            style.letter(axes, mark, "")
        handles = [
            Line2D(
                [], [], color=look.colour, marker=look.marker, markersize=4, label=row_label(name)
            )
            for name, look in looks.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=6)


def _logged(run: pd.DataFrame, panel: Panel) -> bool:
    return panel.column in run and bool(run[panel.column].notna().any())


def _curve(axes: Axes, run: pd.DataFrame, panel: Panel, look: style.Look) -> None:
    """Sparse columns as points on a line; dense ones faint, with their running mean on top."""
    seen = run[["step", panel.column]].dropna()
    steps, values = seen["step"], seen[panel.column] * panel.factor
    if panel is VALIDATION:
        axes.plot(
            steps, values, color=look.colour, marker=look.marker, markersize=3.5,
            markeredgecolor="white", markeredgewidth=0.5,
        )  # fmt: skip
        return
    smooth = values.rolling(max(1, len(values) // 10), center=True, min_periods=1).mean()
    axes.plot(steps, values, color=look.colour, alpha=0.25, linewidth=0.7)
    axes.plot(steps, smooth, color=look.colour)
