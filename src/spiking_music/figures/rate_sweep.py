"""Figure 4: what the level μ of μ-SPARSE trades, clip by clip, and what its events look like."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import SubFigure
from numpy.typing import NDArray

from spiking_music.codec.rate_control import COLUMNS, controlled, highest_level
from spiking_music.errors import DataError
from spiking_music.figures import style, tables

CLIPS = 8
CHOSEN = style.PALETTE[5]
EVENTS = LinearSegmentedColormap.from_list("events", ["white", style.INK])
LEVELS = LinearSegmentedColormap.from_list(
    "levels", ["#00304E", style.PALETTE[0], style.PALETTE[4], "#CBEAF6"]
)


def draw(
    sweep: Path,
    matrices: Path,
    evaluation: Mapping[str, Path],
    storage: Mapping[str, Path],
    out: Path | str,
    bound_db: float,
    shown: Sequence[int],
) -> None:
    """Draw figure 4 as `<out>.png` and `<out>.svg`.

    Lisboa & Bellec 2024, figure 4.
    Panel a: bit rate against SI-SNR of up to 8 clips of `sweep` (.csv with the columns of
    `rate_control.COLUMNS`), spread evenly over the table, along all levels; the level that quality
    control at `bound_db` picks is ringed, and a clip that never exceeds the bound says so by having
    no ring. Panel b: every clip of the variants in `evaluation` and `storage` (.csv, rows in the
    same order), means on top. Panel c: events of one clip at the levels `shown`, of `matrices`
    (.npz with levels (L,) and codes (L, N, T)). Raises `DataError` where a file, a column or a
    level is missing.
    """
    table = tables.read(sweep, COLUMNS)
    codes = _matrices(matrices, shown)
    with style.page(out, height=128) as figure:
        halves = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.55, 1])[:, 0]
        left, right = halves[0].subplots(1, 2, sharey=True)
        _sweep(left, table, bound_db, halves[0])
        _clouds(right, evaluation, storage)
        _events(halves[1], codes)


def _matrices(path: Path, shown: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
    """Level -> events (N, T), of the levels `shown`."""
    try:
        with np.load(path) as file:
            swept = dict(zip(file["levels"].tolist(), file["codes"], strict=True))
    except FileNotFoundError:
        raise DataError(f"no codes '{path}': run the rule that writes them") from None
    missing = [level for level in shown if level not in swept]
    if missing or not shown:
        raise DataError(
            f"level {missing[0] if missing else 'none'} of `figures.matrices` is not in '{path}', "
            f"which has {', '.join(map(str, swept))}: name some of these"
        )
    return {level: swept[level] for level in shown}


def _sweep(axes: Axes, table: pd.DataFrame, bound_db: float, figure: SubFigure) -> None:
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
    chosen = controlled(table, lambda rows: highest_level(rows, bound_db))
    met = chosen[chosen["met"]]
    axes.plot(
        met["kbps"], met["si_snr_db"], "o", markersize=6.5, color="none", zorder=4,
        markeredgecolor=CHOSEN, markeredgewidth=1.3, label=f"highest μ above {bound_db:g} dB",
    )  # fmt: skip
    axes.axhline(bound_db, color=CHOSEN, linewidth=0.8, dashes=(4, 2), zorder=0)
    axes.legend(loc="lower right", borderaxespad=0)
    axes.set(xlabel="bit rate (kbps)", ylabel="SI-SNR (dB)")
    axes.set_xlim(0, 1.06 * table["kbps"].max())
    style.letter(axes, "a", f"μ-SPARSE, {len(names)} clips, all μ ({len(met)} reach the bound)")
    _level_bar(axes, scale, LEVELS, figure)


def _level_bar(axes: Axes, scale: Normalize, colours: Colormap, figure: SubFigure) -> None:
    bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, pad=0.01, aspect=28)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    bar.set_label("level μ", labelpad=1)


def _clouds(axes: Axes, evaluation: Mapping[str, Path], storage: Mapping[str, Path]) -> None:
    """A dot a clip, a large mark and hairlines at the mean of each variant."""
    for name, look in style.looks(evaluation).items():
        quality = tables.read(evaluation[name], ["si_snr_db"])["si_snr_db"]
        kbps = tables.read(storage[name], ["kbps_cheapest"])["kbps_cheapest"]
        if len(quality) != len(kbps):
            raise DataError(
                f"'{evaluation[name]}' has {len(quality)} clips but '{storage[name]}' {len(kbps)}:"
                " run the rules that write them again"
            )
        axes.scatter(kbps, quality, s=8, color=look.colour, alpha=0.35, linewidth=0, zorder=2)
        x, y = kbps[quality.notna()].mean(), quality.mean()
        axes.axvline(x, color=look.colour, linewidth=0.6, alpha=0.5, zorder=1)
        axes.axhline(y, color=look.colour, linewidth=0.6, alpha=0.5, zorder=1)
        axes.plot(
            x, y, look.marker, markersize=8, color=look.colour, markeredgecolor="white",
            markeredgewidth=1.2, zorder=5, label=f"{name}, mean {x:.2f} kbps, {y:.1f} dB",
            linestyle="",
        )  # fmt: skip
    axes.legend(
        loc="lower right", borderaxespad=0.3, frameon=True, facecolor="white", edgecolor="none",
        framealpha=1,
    )  # fmt: skip
    axes.set(xlabel="bit rate (kbps)")
    axes.set_xlim(0, 1.06 * axes.dataLim.x1)
    axes.tick_params(labelleft=True)
    style.letter(axes, "b", "all clips, and means")


def _events(figure: SubFigure, codes: Mapping[int, NDArray[np.uint8]]) -> None:
    """Event matrices side by side, events in ink."""
    panels = figure.subplots(1, len(codes), sharey=True, squeeze=False)[0]
    for axes, (level, matrix) in zip(panels, codes.items(), strict=True):
        units, steps = matrix.shape
        axes.imshow(
            matrix, cmap=EVENTS, vmin=0, vmax=1, origin="lower", aspect="auto",
            interpolation="antialiased", extent=(0, steps, 0, units),
        )  # fmt: skip
        axes.set(xlabel="step", xticks=[0, steps // 2, steps], yticks=[0, units // 2, units])
        axes.set_title(f"μ = {level}   S = {style.thousands(int(matrix.sum()))}")
        for spine in axes.spines.values():
            spine.set(visible=True, color=style.MUTED, linewidth=0.4)
    style.letter(panels[0], "c", panels[0].get_title(loc="left"))
    panels[0].set(ylabel="unit")
