"""What probes tell from codes: how often they are right, and what they take for what."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spiking_music.config import label as row_label
from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.figures import style

PROBES: dict[str, Literal["full", "none"]] = {
    "linear": "full",
    "network": "none",
}  # and how their markers are filled
CHANCE: dict[str, Literal["--", ":"]] = {"majority": "--", "shuffled": ":"}
COLUMNS = 3  # matrices side by side
ROW, MATRIX, NAMES = 6.0, 42.0, 34.0  # mm: of a variant, of a matrix, of the names of classes


def draw(label: str, results: Sequence[Path], confusions: Sequence[Path], out: Path | str) -> None:
    """Draw the tables of `probe` for `label`, a variant each, in the order given.

    Panel a: accuracy over clips with its 95 % interval; lines: the most frequent class, and probes
    of shuffled labels (the mean over variants). Then a confusion matrix a variant, of the linear
    probe, each row a share of the clips of a class. Raises `DataError` where a table is missing or
    says nothing of `label`.
    """
    scores = _of(label, results, ["accuracy"], present=["low", "high"])
    matrices = _of(label, confusions, ["truth", "predicted", "clips"])
    linear = matrices[matrices["probe"] == "linear"]
    looks = style.looks(scores["features"].unique())
    classes = list(dict.fromkeys([*linear["truth"], *linear["predicted"]]))
    if not classes:
        raise DataError(f"'{confusions[0]}' has no linear probe: run the rule `probe`")
    rows = -(-len(looks) // COLUMNS)
    above = 24 + ROW * len(looks)
    with style.page(out, height=above + rows * MATRIX + NAMES) as figure:
        halves: Any = figure.subfigures(2, 1, height_ratios=[above, rows * MATRIX + NAMES])
        upper, lower = halves
        axes = upper.subplots()
        _accuracies(axes, scores, looks)
        style.letter(axes, "a", f"accuracy for {_words(label)}, {len(classes)} classes")
        columns = min(COLUMNS, len(looks))
        grid = lower.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for place in grid.flat[len(looks) :]:
            place.set_visible(False)
        for place, (name, look) in zip(grid.flat, looks.items(), strict=False):
            counts = linear[linear["features"] == name].pivot_table(
                index="truth", columns="predicted", values="clips", aggfunc="sum"
            )
            counts = counts.reindex(index=classes, columns=classes).fillna(0.0)
            _matrix(place, counts.to_numpy(float), classes, look.colour)
            place.set_title(row_label(str(name)), color=look.colour, weight="bold", pad=3)
        for place in grid[0]:
            place.tick_params(labeltop=True)
        title = style.marked("b", "truth (rows) and what the linear probe says, % of a row")
        lower.suptitle(title, x=0, ha="left", fontsize=8, parse_math=True)


def _of(
    label: str, paths: Sequence[Path], filled: list[str], present: Sequence[str] = ()
) -> pd.DataFrame:
    columns = ["label", "features", "probe", *filled]
    table = pd.concat([tables.read(path, columns, present) for path in paths])
    table = table[table["label"] == label]
    if table.empty:
        raise DataError(f"'{paths[0]}' says nothing of the label '{label}': run the rule `probe`")
    return table


def _accuracies(axes: Axes, scores: pd.DataFrame, looks: Mapping[str, style.Look]) -> None:
    for place, (name, look) in enumerate(looks.items()):
        of = scores[scores["features"] == name].groupby("probe").first()
        for shift, (probe, fill) in zip((-0.15, 0.15), PROBES.items(), strict=True):
            if probe not in of.index:
                continue
            value, low, high = 100 * of.loc[probe, ["accuracy", "low", "high"]].to_numpy(float)
            y = place + shift
            axes.plot([low, high], [y, y], color=look.colour, linewidth=1)
            axes.plot(
                value, y, marker=look.marker, fillstyle=fill, color=look.colour,
                markerfacecoloralt="white", markersize=5,
            )  # fmt: skip
    for probe, line in CHANCE.items():
        chance = scores.loc[scores["probe"] == probe, "accuracy"]
        if len(chance):
            axes.axvline(100 * chance.mean(), color=style.MUTED, linestyle=line, linewidth=0.9)
    axes.set_yticks(range(len(looks)), [str(name) for name in looks])
    axes.set(xlabel="accuracy (% of clips)", xlim=(0, None), ylim=(len(looks) - 0.5, -0.5))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    handles = [
        Line2D([], [], color=style.INK, marker="o", fillstyle=fill, linestyle="none", label=probe)
        for probe, fill in PROBES.items()
    ]
    handles += [
        Line2D([], [], color=style.MUTED, linestyle=line, label=probe)
        for probe, line in CHANCE.items()
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1))


def _matrix(axes: Axes, counts: np.ndarray, classes: Sequence[str], colour: str) -> None:
    """Counts (truth, predicted) as shares of a row; a class without test clips stays empty."""
    clips = counts.sum(axis=1, keepdims=True)
    shares = np.divide(100 * counts, clips, out=np.zeros_like(counts), where=clips > 0)
    image = np.array([[style.tint(colour, share / 100) for share in row] for row in shares])
    axes.imshow(image, aspect="auto", interpolation="nearest")
    for (row, column), share in np.ndenumerate(shares):
        if share >= 10:
            ink = "white" if share > 60 else style.INK
            axes.text(column, row, f"{share:.0f}", ha="center", va="center", fontsize=5, color=ink)
    names = [str(name) for name in classes]
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.tick_params(length=0, labelbottom=False)


def _words(label: str) -> str:
    return f"the {label.removeprefix('canonical_').replace('_', ' ')}"
