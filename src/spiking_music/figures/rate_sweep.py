"""Figure 4: what the level μ trades, clip by clip, and what the events look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from spiking_music.config import label as row_label
from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.evaluation.tuning import FREQUENCY, NUMBER, TUNING
from spiking_music.figures import raster, style
from spiking_music.figures.raster import Units

AXES = {FREQUENCY: "unit, by Hz", TUNING: "unit, by its note", NUMBER: "unit"}
CLIPS = 8
CHOSEN = style.PALETTE[5]
CLOSEST = 0.1  # of the height of panel c, between ticks
LINES = 400  # of a picture of events; so many neighbours share a line as it takes
EVENTS = LinearSegmentedColormap.from_list("events", ["white", style.INK])
LEVELS = LinearSegmentedColormap.from_list(
    "levels", ["#00304E", style.PALETTE[0], style.PALETTE[4], "#CBEAF6"]
)


@dataclass(frozen=True)
class Sweep:
    """What `evaluation.sweep` writes of a model: its tables of levels and choices, and events."""

    table: Path  # .csv: clip, level, kbps, si_snr_db
    quality: Path  # .csv: what quality control picks for each clip, and whether the bound was met
    matrices: Path  # .npz: levels (L,) and codes (L, N, T) of one clip


def draw(
    sweep: Sweep,
    evaluation: Mapping[str, Path],
    coded: Mapping[str, Path],
    out: Path | str,
    bound_db: float,
    shown: Sequence[int],
) -> None:
    """Draw figure 4 as `<out>.png`, `.svg` and `.pdf`.

    Panel a: bit rate as written to disk against SI-SNR of up to 8 clips of the sweep, spread evenly
    over the table, along all levels; the level that quality control at `bound_db` picks is ringed,
    and a clip that never exceeds the bound says so by having no ring. Panel b: every clip of the
    variants in `evaluation` and `coded` (.csv, rows in the same order; the swept model is the last
    one), means on top. Panel c: events of one clip at the levels `shown`, over the units that fire
    at any of them, by frequency or by the note that each is tuned to. Raises `DataError` where a
    file, a column or a level is missing.

    Lisboa & Bellec 2024, figure 4.
    """
    table = tables.read(sweep.table, ["clip", "level", "kbps", "si_snr_db"])
    chosen = tables.read(sweep.quality, ["clip", "met", "kbps"], ["si_snr_db"])
    codes, units = _matrices(sweep.matrices, shown)
    name = list(evaluation)[-1]
    with style.page(out, height=138) as figure:
        halves = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.75, 1])[:, 0]
        left, right = halves[0].subplots(1, 2, sharey=True)
        _sweep(left, table, chosen, bound_db, row_label(name))
        _clouds(right, evaluation, coded)
        _events(halves[1], codes, units)


def _matrices(path: Path, shown: Sequence[int]) -> tuple[dict[int, NDArray[np.uint8]], Units]:
    """Level -> events (N, T), of the levels `shown`, and where the units stand."""
    found = tables.arrays(path, ["levels", "codes", "pitches", "sorting"])
    swept = dict(zip(found["levels"].tolist(), found["codes"], strict=True))
    missing = [level for level in shown if level not in swept]
    if missing or not shown:
        raise DataError(
            f"level {missing[0] if missing else 'none'} of `figures.matrices` is not in '{path}', "
            f"which has {', '.join(map(str, swept))}: name some of these"
        )
    return {level: swept[level] for level in shown}, Units.of(found)


def _sweep(
    axes: Axes, table: pd.DataFrame, chosen: pd.DataFrame, bound_db: float, name: str
) -> None:
    """A path a clip from much to little; the chosen points ringed."""
    names = table["clip"].unique()
    names = names[np.unique(np.linspace(0, len(names) - 1, CLIPS).round().astype(int))]
    table = table[table["clip"].isin(names)].sort_values(["clip", "level"])
    scale = Normalize(table["level"].min(), table["level"].max())
    for _, path in table.groupby("clip"):
        axes.plot(path["kbps"], path["si_snr_db"], color=style.FAINT, linewidth=1.0, zorder=1)
    axes.scatter(
        table["kbps"], table["si_snr_db"], s=9, c=table["level"], cmap=LEVELS, norm=scale,
        linewidth=0, zorder=2,
    )  # fmt: skip
    met = chosen[chosen["clip"].isin(names) & chosen["met"]]
    axes.plot(
        met["kbps"], met["si_snr_db"], "o", markersize=6.5, color="none", zorder=4,
        markeredgecolor=CHOSEN, markeredgewidth=1.3,
        label=f"highest μ above {bound_db:g} dB: {len(met)} of {len(names)} clips have one",
    )  # fmt: skip
    axes.axhline(bound_db, color=CHOSEN, linewidth=0.8, dashes=(4, 2), zorder=0)
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.17), borderaxespad=0)
    axes.set(xlabel="bit rate as written (kbps)", ylabel="SI-SNR (dB)")
    axes.set_xlim(0, 1.06 * table["kbps"].max())
    style.letter(axes, "a", f"{name}, {len(names)} clips at all levels")
    _level_bar(axes, scale)


def _level_bar(axes: Axes, scale: Normalize) -> None:
    """The colours of the levels, below the panel, where no curve is."""
    place = axes.inset_axes((0.2, -0.36, 0.4, 0.03))
    bar = axes.figure.colorbar(ScalarMappable(scale, LEVELS), cax=place, orientation="horizontal")
    bar.outline.set_visible(False)
    place.tick_params(length=0, pad=2, labelsize=6.5)
    place.set_title("level μ", fontsize=7, loc="left", x=-0.44, y=-0.2, pad=0)


def _clouds(axes: Axes, evaluation: Mapping[str, Path], coded: Mapping[str, Path]) -> None:
    """A dot a clip, a large mark and hairlines at the mean of each variant."""
    clips = {
        name: tables.clips(evaluation[name], coded[name], ["si_snr_db"]) for name in evaluation
    }
    means = {name: float(table["si_snr_db"].mean()) for name, table in clips.items()}
    low = style.below(means)
    looks = style.looks(evaluation)
    for name, table in clips.items():
        quality, kbps, colour = table["si_snr_db"], table["kbps"], looks[name].colour
        x, y = kbps[quality.notna()].mean(), means[name]
        label = f"{row_label(name)}: mean {x:.2f} kbps, {style.signed(y, 1)} dB"
        label += " (below the axis)" if name in low else ""
        place = ([], []) if name in low else ([x], [y])
        mark = Line2D(*place, linestyle="", marker=looks[name].marker, color=colour, label=label)
        mark.set(markersize=8, markeredgecolor="white", markeredgewidth=1.2, zorder=5)
        axes.add_line(mark)  # and to the legend
        if name in low:
            continue
        axes.scatter(kbps, quality, s=8, color=colour, alpha=0.35, linewidth=0, zorder=2)
        axes.axvline(x, color=colour, linewidth=0.6, alpha=0.5, zorder=1)
        axes.axhline(y, color=colour, linewidth=0.6, alpha=0.5, zorder=1)
    style.floor(axes, means)
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.17), borderaxespad=0)
    axes.set(xlabel="bit rate as written (kbps)")
    axes.set_xlim(0, 1.06 * max(table["kbps"].max() for table in clips.values()))
    axes.tick_params(labelleft=True)
    style.letter(axes, "b", "all clips, and means")


def _events(figure: SubFigure, codes: Mapping[int, NDArray[np.uint8]], units: Units) -> None:
    """Event matrices side by side, events in ink: the units that fire at any of the levels."""
    rows = units.rows(*codes.values())
    panels = figure.subplots(1, len(codes), sharey=True, squeeze=False)[0]
    for index, (axes, (level, matrix)) in enumerate(zip(panels, codes.items(), strict=True)):
        steps = matrix.shape[1]
        raster.draw(axes, matrix, rows, LINES, steps, EVENTS)
        axes.set(xlabel="frame", xticks=[0, steps // 2, steps])
        title = f"μ = {level}   S = {style.thousands(int(matrix.sum()))}"
        if index == 0:
            style.letter(axes, "c", title)
        else:
            axes.set_title(title)
        for spine in axes.spines.values():
            spine.set(visible=True, color=style.MUTED, linewidth=0.4)
    raster.ticks(panels[0], units, rows, CLOSEST)
    total = len(units.pitches)
    fire = "" if len(rows) == total else f"\n{len(rows)} of {total} fire"
    panels[0].set(ylabel=f"{AXES[units.sorting]}{fire}")
