"""Figure 3: what was scored how high, and what won against what; by listeners or by metrics."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.figures import style
from spiking_music.listening.result_files import LISTENERS, SIMULATED_LISTENERS
from spiking_music.listening.scores import REFERENCE, in_order, under_test

BANDS = ("bad", "poor", "fair", "good", "excellent")  # BS.1534-3, 20 points each
OUTCOMES = LinearSegmentedColormap.from_list(
    "outcomes", [style.PALETTE[1], "white", style.PALETTE[0]]
)
WARNING = style.PALETTE[5]
ROW_MM, REST_MM = 6.5, 28.0  # a system; axes, titles and keys of a row of panels
TOP = -0.95  # of the rows; the names of the bands are above the first
SPREAD = 0.62  # of a system's row, taken by its dots

ESTIMATES = ("mean_low", "mean_high")  # nan for a single unit

KEY = ["source", "screening"]
Key = tuple[str, str]


def draw(folder: Path, out: Path | str, level: float) -> None:
    """Draw figure 3 from the tables in `folder`, a row of panels for each source and screening.

    Lisboa & Bellec 2024, figure 3.
    Left: every score, quartiles and median (box), mean and its 95 % interval (diamond). Right: on
    how many pages the row's system was scored above the column's; hatched where wins and losses do
    not differ (binomial test, Holm, p > `level`). Whatever does not come from listeners says so
    above the panels. Raises `DataError` where a table is missing or has not the columns it should.
    """
    systems = tables.read(
        folder / "systems.csv", [*KEY, "system", "units", "scores", "mean"], ESTIMATES
    )
    scores = tables.read(folder / "scores.csv", [*KEY, "system", "score"])
    pairs = tables.read(
        folder / "comparisons.csv", [*KEY, "first", "second", "wins", "losses", "p_binomial_holm"]
    )
    keys: list[Key] = list(dict.fromkeys(zip(systems["source"], systems["screening"], strict=True)))
    first = _of(systems, keys[0]).sort_values("mean", ascending=False, kind="stable")
    order = [str(name) for name in first["system"]]
    colours = _colours(order)
    height = len(keys) * (ROW_MM * len(order) + REST_MM) + 10
    with style.page(out, height=height) as figure:
        _warn(figure, {source for source, _ in keys})
        rows = figure.subfigures(len(keys), 1, squeeze=False)[:, 0]
        for index, (key, row) in enumerate(zip(keys, rows, strict=True)):
            left, right = row.subplots(1, 2, width_ratios=[1.35, 1])
            marks = "abcdefgh"[2 * index : 2 * index + 2]
            _scores(left, _of(scores, key), _of(systems, key), order, colours)
            style.letter(left, marks[0], _about(key, _of(systems, key)))
            _wins(right, _of(pairs, key), order, level)
            style.letter(right, marks[1], "wins of row over column")


def _of(table: pd.DataFrame, key: Key) -> pd.DataFrame:
    rows = table[(table["source"] == key[0]) & (table["screening"] == key[1])]
    if rows.empty:
        raise DataError(f"a table of ratings has no rows of {key[0]}: run its rule again")
    return rows


def _colours(systems: list[str]) -> dict[str, str]:
    """Systems under test in colour, by the order of all figures; reference and anchors grey."""
    tested = [name for name in in_order(systems) if under_test(name)]
    looks = style.looks(tested)
    others = {name: style.INK if name == REFERENCE else style.MUTED for name in systems}
    return others | {name: look.colour for name, look in looks.items()}


def _about(key: Key, systems: pd.DataFrame) -> str:
    source, screening = key
    if screening == "none":
        return f"{source}, {systems['scores'].max()} clips"
    rule = "the paper" if screening == "paper" else screening
    return f"{systems['units'].max()} {source}, screened as in {rule}"


def _warn(figure: Figure, sources: set[str]) -> None:
    """Say above the panels where no listener stands behind them."""
    if sources == {LISTENERS}:
        return
    warning = "Objective scores of metrics: nobody has listened"
    if SIMULATED_LISTENERS in sources:
        warning = "SIMULATED listeners: nobody has listened"
    figure.suptitle(warning, color=WARNING, fontsize=9, weight="bold")


def _scores(
    axes: Axes,
    scores: pd.DataFrame,
    systems: pd.DataFrame,
    order: list[str],
    colours: dict[str, str],
) -> None:
    objective = scores["screening"].iloc[0] == "none"
    estimates = {row["system"]: row for row in systems.to_dict("records")}
    for place, name in enumerate(order):
        values = scores.loc[scores["system"] == name, "score"].to_numpy()
        colour = colours[name]
        spread = SPREAD * ((np.arange(len(values)) * (np.sqrt(5) - 1) / 2) % 1 - 0.5)
        axes.scatter(values, place + spread, s=4, color=colour, alpha=0.35, linewidth=0, zorder=2)
        axes.boxplot(
            values, positions=[place], orientation="horizontal", widths=SPREAD, showfliers=False,
            whis=0, showcaps=False, zorder=3, manage_ticks=False,
            boxprops={"color": colour, "linewidth": 0.8},
            medianprops={"color": colour, "linewidth": 2.0, "solid_capstyle": "butt"},
        )  # fmt: skip
        row = estimates[name]
        mean, low, high = (float(row[name]) for name in ("mean", "mean_low", "mean_high"))
        axes.errorbar(
            mean, place, xerr=[[mean - low], [high - mean]], fmt="D", color=style.INK,
            markerfacecolor="white", markersize=3.2, markeredgewidth=0.8, elinewidth=1.0, capsize=2,
            zorder=4,
        )  # fmt: skip
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(len(order) - 0.45, TOP)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    if objective:
        axes.set(xlim=(0.9, 5.1), xlabel=f"{scores['source'].iloc[0]}, mean opinion score 1 to 5")
        axes.grid(axis="x")
    else:
        _bands(axes)
        axes.set(xlim=(-1.5, 101.5), xlabel=f"score of {scores['source'].iloc[0]}")


def _bands(axes: Axes) -> None:
    """The five bands of the scale, every other one shaded, named along the upper edge."""
    for index, name in enumerate(BANDS):
        if index % 2 == 0:
            axes.axvspan(20 * index, 20 * index + 20, color=style.FAINT, alpha=0.45, linewidth=0)
        axes.annotate(
            name, (20 * index + 10, 1), (0, -1), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", va="top", fontsize=6, color=style.MUTED,
        )  # fmt: skip
    axes.set_xticks(range(0, 101, 20))


def _wins(axes: Axes, pairs: pd.DataFrame, order: list[str], level: float) -> None:
    size = len(order)
    place = {name: index for index, name in enumerate(order)}
    for row in pairs.to_dict("records"):
        first, second = place[str(row["first"])], place[str(row["second"])]
        even = row["p_binomial_holm"] > level
        _cell(axes, first, second, int(row["wins"]), int(row["losses"]), even)
        _cell(axes, second, first, int(row["losses"]), int(row["wins"]), even)
    for index in range(size):
        axes.add_patch(Rectangle((index - 0.5, index - 0.5), 1, 1, color=style.FAINT, linewidth=0))
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.45, TOP))
    axes.set_xticks(range(size), order, rotation=38, ha="right", rotation_mode="anchor")
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    note = f"{pairs['source'].iloc[0]}\nhatched: wins and losses do not differ"
    axes.set_xlabel(note, fontsize=6, color=style.MUTED)


def _cell(axes: Axes, row: int, column: int, wins: int, losses: int, even: bool) -> None:
    share = wins / (wins + losses) if wins + losses else 0.5
    face = "white" if even else OUTCOMES(0.12 + 0.76 * share)
    axes.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5), 1, 1, facecolor=face, linewidth=0.6,
            edgecolor=style.FAINT if even else "white", hatch="/////" if even else None,
        )
    )  # fmt: skip
    axes.text(
        column, row, str(wins), ha="center", va="center", fontsize=6.5,
        color="white" if share > 0.9 and not even else style.INK,
        bbox={"facecolor": "white", "linewidth": 0, "pad": 0.8} if even else None,
    )  # fmt: skip
