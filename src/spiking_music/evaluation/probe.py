"""What can be told from frozen codes: composer, period, genre. docs/probes.md has the protocol."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music.config import ProbeConfig
from spiking_music.dataset.catalogue import read_performances
from spiking_music.dataset.labels import read_labels
from spiking_music.errors import DataError
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.classifiers import Probabilities, Samples, predictions
from spiking_music.evaluation.pooling import Features
from spiking_music.evaluation.reconstruct import clip_places
from spiking_music.files import atomic, write_csv, wrote

SHOWN = ("linear", "network")  # probes with a confusion matrix


def probe(
    name: str,
    features: Features,
    performances: Path,
    tables: Sequence[Path],
    out: Path,
    config: ProbeConfig,
    seed: int,
) -> None:
    """Fit probes of `features`, called `name`, to each label of `config`; write two tables.

    features: a row a clip in the order of `tables`, the tables of the clips of all splits. `out`
    has a row a label and classifier: label, features, probe, classes, train_performances,
    train_clips, performances, clips, accuracy over the test clips and its 95 % interval low .. high
    over performances, balanced_accuracy (mean over classes) and performance_accuracy (where the
    mean over a performance's clips decides). `<out>-confusion.csv`: label, features, probe, truth,
    predicted and clips, a mean over runs. No performance is on both sides.

    Raises `DataError` where tables are missing or do not belong together, or a label has fewer
    than two classes, or no test clip of them.
    """
    places = clip_places(list(tables), len(features))
    catalogue = read_performances(performances).set_index("performance")
    owner = places["performance"].to_numpy()
    if not set(owner) <= set(catalogue.index):
        raise DataError(f"'{performances}' lacks performances of the clips: cut the clips again")
    split = catalogue["split"][owner].to_numpy()
    rows, confusions = [], []
    for label in config.labels:
        named = read_labels(performances, label)
        classes = _classes(named, catalogue["split"], label, config.least)
        truth = pd.Categorical(named[owner], classes).codes.astype(np.int64)  # -1: of no class
        train, test = (
            Samples(features[chosen], truth[chosen], owner[chosen])
            for chosen in (
                (truth >= 0) & (split == "train"),
                (truth >= 0) & np.isin(split, config.test),
            )
        )
        _require(train, test, label, classes)
        for how, said in predictions(train, test, config, seed).items():
            about = {"label": label, "features": name, "probe": how}
            scores = measure(said, test, config.bootstrap, seed)
            rows.append({**about, "classes": len(classes), **_sizes(train, test), **scores})
            print(f"{name}, {label}, {how}: {scores['accuracy']:.1%} of clips", file=sys.stderr)
            if how in SHOWN:
                confusions.append(_confusion(said, test, classes).assign(**about))
    write_csv(pd.DataFrame(rows), out)
    write_csv(pd.concat(confusions), out.with_name(f"{out.stem}-confusion.csv"))


def measure(said: Probabilities, test: Samples, resamplings: int, seed: int) -> dict[str, float]:
    """How often `said` (runs, clips, K) is right, as means over runs."""
    right = (said.argmax(-1) == test.classes).mean(0)  # (clips,)
    low, high = interval(right, test.performances, resamplings, seed)
    recalls = [right[test.classes == k].mean() for k in np.unique(test.classes)]
    _, first, member = np.unique(test.performances, return_index=True, return_inverse=True)
    whole = np.zeros((len(first), len(said), said.shape[-1]))
    np.add.at(whole, member, said.swapaxes(0, 1))  # (performances, runs, K)
    return {
        "accuracy": float(right.mean()),
        "low": low,
        "high": high,
        "balanced_accuracy": float(np.mean(recalls)),
        "performance_accuracy": float((whole.argmax(-1) == test.classes[first, None]).mean()),
    }


def compare(tables: Sequence[Path], out: Path) -> None:
    """Gather the tables of `probe` in `out` (.csv), and as Markdown beside it."""
    for path in tables:
        if not path.exists():
            raise DataError(f"no table '{path}': run the rule `probe` of that variant")
    table = pd.concat([_table(path) for path in tables], ignore_index=True)
    write_csv(table, out)
    with atomic(out.with_suffix(".md")) as temporary:
        temporary.write_text(markdown(table), encoding="utf-8")
    wrote(out.with_suffix(".md"))


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except ValueError:
        table = pd.DataFrame()
    if not {"label", "features", "probe"} <= set(table.columns):
        raise DataError(f"'{path}' is no table of `probe`: name one that this verb wrote")
    return table


def markdown(table: pd.DataFrame) -> str:
    """A row a label and features: accuracy of each classifier with its interval."""
    probes = list(dict.fromkeys(table["probe"]))
    heads = ["label", "features", *probes, "balanced", "of performances"]
    lines = [heads, [":--", ":--", *["--:"] * (len(heads) - 2)]]
    for (label, name), rows in table.groupby(["label", "features"], sort=False):
        of = rows.set_index("probe").to_dict("index")
        linear = of[SHOWN[0]]
        more = (linear["balanced_accuracy"], linear["performance_accuracy"])
        cells = [_cell(of[probe]) for probe in probes]
        lines.append([str(label), str(name), *cells, *(f"{100 * value:.1f} %" for value in more)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _cell(row: Mapping[Any, Any]) -> str:
    return f"{100 * row['accuracy']:.1f} % [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def _classes(named: pd.Series, split: pd.Series, label: str, least: int) -> list[str]:
    """The values of a label with at least so many train performances; tells what it leaves out."""
    counts = named[split == "train"].value_counts()
    classes = sorted(str(value) for value in counts.index[counts >= least])
    out = len(named) - int(named.isin(classes).sum())
    if out:
        print(
            f"{label}: {out} of {len(named)} performances are left out, as they have no label or "
            f"one with fewer than {least} performances in the train split",
            file=sys.stderr,
        )
    return classes


def _require(train: Samples, test: Samples, label: str, classes: Sequence[str]) -> None:
    present = len(np.unique(train.classes))
    if present < 2 or present < len(classes):
        raise DataError(
            f"label '{label}' has {present} classes with clips in the train split: lower "
            "probe.least, or take more recordings"
        )
    if not len(test.classes):
        raise DataError(f"label '{label}' has no clip to test probes with: change probe.test")


def _sizes(train: Samples, test: Samples) -> dict[str, int]:
    return {
        "train_performances": len(np.unique(train.performances)),
        "train_clips": len(train.classes),
        "performances": len(np.unique(test.performances)),
        "clips": len(test.classes),
    }


def _confusion(said: Probabilities, test: Samples, classes: Sequence[str]) -> pd.DataFrame:
    counts: NDArray[np.float64] = np.zeros((len(classes), len(classes)))
    for predicted in said.argmax(-1):  # (clips,)
        np.add.at(counts, (test.classes, predicted), 1 / len(said))
    truth, predicted = np.meshgrid(classes, classes, indexing="ij")
    return pd.DataFrame(
        {"truth": truth.ravel(), "predicted": predicted.ravel(), "clips": counts.ravel()}
    )
