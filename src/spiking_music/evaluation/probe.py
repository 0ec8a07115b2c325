"""Probes: what frozen codes reveal of composer, period, genre. docs/probes.md has the protocol.

A clip becomes one vector, in the same way for every kind of code: channels (C, T) are averaged over
windows of some frames; the mean and the standard deviation of the windows, 2C numbers, are how much
of a channel there is and how unevenly it comes.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from spiking_music.config import MelConfig, ProbeConfig, SignalConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.index import read_performances
from spiking_music.data.labels import read_labels
from spiking_music.errors import DataError
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.classifiers import Probabilities, Samples, predictions
from spiking_music.evaluation.codes_file import open_codes
from spiking_music.evaluation.inference import device_at_hand, read_batch, require_origin
from spiking_music.evaluation.reconstruct import clip_places
from spiking_music.evaluation.tables import markdown, write_text
from spiking_music.files import write_csv
from spiking_music.models.mel import LogMel
from spiking_music.models.weights import load_weights

BATCH = 64  # clips
N_FFT = 2048

Features = NDArray[np.float32]  # (clips, 2C)
SHOWN = ("linear", "network")  # probes with a confusion matrix


def code_features(codes: Sequence[Path], weights: Path, window: int) -> Features:
    """Of the files `codes`, clip after clip, all made by the model `weights`.

    Channels are the units of a binary variant. RVQ indices are names, so a step is the sum of the
    codebook vectors that they name, as the decoder is given it. Raises `CodeError` where model or
    codes are missing, damaged or do not belong together.
    """
    model, config = load_weights(weights, device_at_hand())
    device = next(model.parameters()).device
    parts = []
    for path in codes:
        with open_codes(path) as coded:
            require_origin(coded, weights, config)
            for batch in coded.batches(BATCH):
                if coded.origin.kind == "rvq":
                    indices = torch.from_numpy(batch.astype(np.int64)).to(device)
                    with torch.no_grad():
                        parts.append(pooled(model.bottleneck.decode(indices), window))
                else:
                    parts.append(pooled(torch.from_numpy(batch).float(), window))
    return _stacked(parts)


def mel_features(clips: Sequence[Path], mels: int, window: int, signal: SignalConfig) -> Features:
    """Of log-mel spectrograms of the shards `clips`, in `mels` bands, clip after clip."""
    source = Clips(clips)
    spectrogram = LogMel(MelConfig(kind="mel", n_mels=mels, n_fft=N_FFT), signal)
    return _stacked(
        pooled(spectrogram(read_batch(source, start, BATCH)[:, None]), window)
        for start in range(0, len(source), BATCH)
    )


def pooled(channels: Tensor, window: int) -> Features:
    """(B, C, T) → (B, 2C); what is left of T after whole windows is not looked at."""
    count = channels.shape[-1] // window
    if not count:
        raise DataError(f"probe.window is {window} steps and a clip has {channels.shape[-1]}")
    windows = channels[..., : count * window].unflatten(-1, (count, window)).mean(-1)
    statistics = torch.cat([windows.mean(-1), windows.std(-1, correction=0)], dim=1)
    result: Features = statistics.cpu().numpy().astype(np.float32)
    return result


def _stacked(parts: Iterable[Features]) -> Features:
    filled = list(parts)
    if not filled:
        raise DataError("there are no clips to probe: cut some, or code them")
    return np.concatenate(filled)


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
        for how, probabilities in predictions(train, test, config, seed).items():
            about = {"label": label, "features": name, "probe": how}
            scores = measure(probabilities, test, config.bootstrap, seed)
            rows.append({**about, "classes": len(classes), **_sizes(train, test), **scores})
            print(f"{name}, {label}, {how}: {scores['accuracy']:.1%} of clips", file=sys.stderr)
            if how in SHOWN:
                confusions.append(_confusion(probabilities, test, classes).assign(**about))
    write_csv(pd.DataFrame(rows), out)
    write_csv(pd.concat(confusions), out.with_name(f"{out.stem}-confusion.csv"))


def measure(
    probabilities: Probabilities, test: Samples, resamplings: int, seed: int
) -> dict[str, float]:
    """Accuracies of `probabilities` (runs, clips, K), as means over runs."""
    right = (probabilities.argmax(-1) == test.classes).mean(0)  # (clips,)
    low, high = interval(right, test.performances, resamplings, seed)
    recalls = [right[test.classes == k].mean() for k in np.unique(test.classes)]
    _, first, member = np.unique(test.performances, return_index=True, return_inverse=True)
    whole = np.zeros((len(first), len(probabilities), probabilities.shape[-1]))
    np.add.at(whole, member, probabilities.swapaxes(0, 1))  # (performances, runs, K)
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
    write_text(summary_text(table), out.with_suffix(".md"))


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except ValueError:
        table = pd.DataFrame()
    if not {"label", "features", "probe"} <= set(table.columns):
        raise DataError(f"'{path}' is no table of `probe`: name one that this verb wrote")
    return table


def summary_text(table: pd.DataFrame) -> str:
    """A row a label and features: accuracy of each classifier with its interval."""
    probes = list(dict.fromkeys(table["probe"]))
    lines = []
    for (label, name), rows in table.groupby(["label", "features"], sort=False):
        of = rows.set_index("probe").to_dict("index")
        linear = of[SHOWN[0]]
        more = (linear["balanced_accuracy"], linear["performance_accuracy"])
        cells = [_cell(of[probe]) for probe in probes]
        lines.append([str(label), str(name), *cells, *(f"{100 * value:.1f} %" for value in more)])
    return markdown(["label", "features", *probes, "balanced", "of performances"], lines, words=2)


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


def _confusion(probabilities: Probabilities, test: Samples, classes: Sequence[str]) -> pd.DataFrame:
    counts: NDArray[np.float64] = np.zeros((len(classes), len(classes)))
    for predicted in probabilities.argmax(-1):  # (clips,)
        np.add.at(counts, (test.classes, predicted), 1 / len(probabilities))
    truth, predicted = np.meshgrid(classes, classes, indexing="ij")
    return pd.DataFrame(
        {"truth": truth.ravel(), "predicted": predicted.ravel(), "clips": counts.ravel()}
    )
