"""How training went: validation quality, losses and the state of the bottleneck against steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spiking_music.config import label as row_label
from spiking_music.evaluation import tables
from spiking_music.figures import style

MARKS = 5  # on a dense curve


@dataclass(frozen=True)
class Panel:
    """A column of log.csv, what its axis is called, and the factor from column to axis."""

    column: str
    label: str
    factor: float = 1.0


VALIDATION = Panel("validation_si_snr_db", "validation SI-SNR (dB)")
STATES = (  # of the bottleneck
    Panel("density", "density of events (% ones)", 100),
    Panel("codebook_usage", "codebook usage (% of entries)", 100),
)
LOSSES = {  # columns of the log, and what they are
    "loss_stft": "STFT distance",
    "loss_mel": "mel distance",
    "loss_diffusion": "v-objective of diffusion",
    "loss_spectrum": "RMSE of spectra",
    "loss_rmse": "RMSE of waveforms",
    "loss_waveform": "L1 of waveforms",
    "loss_si_snr": "negative SI-SNR",
}


def draw(logs: Mapping[str, Path], out: Path | str) -> None:
    """Draw the training logs (log.csv) of the variants `logs` as small multiples.

    Validation SI-SNR is drawn at every validation; values logged during training are drawn faint,
    and smoothed over a tenth of the run. Losses of one definition share a panel: the first
    reconstruction or diffusion loss of each variant, weighted as in its configuration. A panel is
    drawn where at least one variant logs its column. What a panel cuts off is said below. Raises
    `DataError` where a log lacks steps or loss.
    """
    runs = {name: tables.read(logs[name], ["step", "loss"]) for name in style.in_order(logs)}
    looks = style.looks(runs)
    losses = {name: _loss(run) for name, run in runs.items()}
    candidates = (VALIDATION, *dict.fromkeys(losses.values()), *STATES)
    panels = [panel for panel in candidates if any(_logged(run, panel) for run in runs.values())]
    columns = min(len(panels), 2 if len(panels) <= 4 else 3)
    rows = -(-len(panels) // columns)
    with style.page(out, height=18 + 52 * rows) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, panel, mark in zip(grid.flat, panels, "abcdefghijkl", strict=False):
            for name, run in runs.items():
                if _logged(run, panel) and (panel in (VALIDATION, *STATES, losses[name])):
                    _curve(axes, run, panel, looks[name])
            compared = panel in losses.values()
            label = "training loss" if compared else panel.label
            axes.set(xlabel="train steps", ylabel=label, xlim=(0, None))
            if panel in STATES:
                axes.set_ylim(0, max(1.0, 1.1 * axes.dataLim.y1))  # %
            axes.grid(axis="y")
            style.letter(axes, mark, panel.label if compared else "")
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        note = _note(runs, grid[0, 0]) if VALIDATION in panels else None
        handles = [
            Line2D(
                [], [], color=look.colour, marker=look.marker, markersize=4, label=row_label(name)
            )
            for name, look in looks.items()
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=6, title=note, title_fontsize=6.5
        )


def _loss(run: pd.DataFrame) -> Panel:
    """The first of `LOSSES` that the run logs: what variants are compared by; else their sum."""
    for column, label in LOSSES.items():
        if column in run:
            return Panel(column, label)
    return Panel("loss", "sum of losses")


def _note(runs: Mapping[str, pd.DataFrame], axes: Axes) -> str | None:
    """Cut the axis of decibels, and say which variants that leaves out, and which have none."""
    known = {name: run for name, run in runs.items() if _logged(run, VALIDATION)}
    best = {name: float(run[VALIDATION.column].max()) for name, run in known.items()}
    low = style.floor(axes, best)
    notes = [f"a: always {style.below_floor(low)}"] if low else []
    if missing := [name for name in runs if name not in known]:
        notes.append(f"a: without SI-SNR on the way: {', '.join(missing)}")
    return style.wrapped(notes, style.WIDTH)


def _logged(run: pd.DataFrame, panel: Panel) -> bool:
    return panel.column in run and bool(run[panel.column].notna().any())


def _curve(axes: Axes, run: pd.DataFrame, panel: Panel, look: style.Look) -> None:
    """Sparse columns as points on a line; dense ones faint, with their running mean on top."""
    seen = run[["step", panel.column]].dropna()
    steps, values = seen["step"], seen[panel.column] * panel.factor
    marks: dict[str, Any] = {
        "marker": look.marker,
        "markeredgecolor": "white",
        "markeredgewidth": 0.5,
    }
    if panel is VALIDATION:
        axes.plot(steps, values, color=look.colour, markersize=3.5, **marks)
        return
    smooth = values.rolling(max(1, len(values) // 10), center=True, min_periods=1).mean()
    axes.plot(steps, values, color=look.colour, alpha=0.25, linewidth=0.7)
    every = max(1, len(values) // MARKS)
    axes.plot(steps, smooth, color=look.colour, markersize=4, markevery=every, **marks)
