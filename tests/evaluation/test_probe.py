"""Probes find what is there, do not find what is not, and keep performances apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.config import ProbeConfig
from spiking_music.errors import DataError
from spiking_music.evaluation.classifiers import Samples, predictions
from spiking_music.evaluation.probe import compare, measure, probe, summary_text

CONFIG = ProbeConfig(
    labels=("genre",),
    test=("validation", "test"),
    least=3,
    window=8,
    mels=80,
    penalties=(0.001, 0.1),
    folds=3,
    hidden=8,
    steps=400,
    seeds=2,
    shuffles=10,
    bootstrap=200,
)
SIZES = {"train": 36, "validation": 9, "test": 9}  # performances, three genres in turn
CLIPS, GENRES = 4, ("blues", "folk", "jazz")
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`make(strength)` probes noise, of which one feature a genre is shifted by `strength`."""

    def build(strength: float, config: ProbeConfig = CONFIG, name: str = "free") -> Path:
        split = np.repeat(list(SIZES), list(SIZES.values()))
        count = len(split)
        genre = np.array(GENRES)[np.arange(count) % 3]
        genre[3] = "zydeco"  # a single performance
        files = [f"{n}.wav" for n in range(count)]
        columns = {"canonical_composer": "x", "canonical_title": "y", "split": split, "year": 2004}
        columns |= {"midi_filename": "", "audio_filename": files, "duration": 20.0}
        columns |= {"performance": np.arange(count), "shard": 0, "genre": genre}
        pd.DataFrame(columns).to_csv(tmp_path / "performances.csv", index=False)
        owner = np.repeat(np.arange(count), CLIPS)
        tables = []
        for part in SIZES:
            mine = owner[split[owner] == part]
            pd.DataFrame({"performance": mine, "offset": 0}).to_csv(
                tmp_path / f"{part}.csv", index=False
            )
            tables.append(tmp_path / f"{part}.csv")
        rng = np.random.default_rng(0)
        features = rng.standard_normal((len(owner), 6)).astype(np.float32)
        features += 2 * rng.standard_normal((count, 6))[owner].astype(np.float32)  # their own
        features[np.arange(len(owner)), owner % 3] += strength
        out = tmp_path / f"{name}.csv"
        probe(name, features, tmp_path / "performances.csv", tables, out, config, seed=1)
        return out

    return build


def test_a_label_that_is_there_is_told(make: Make, tmp_path: Path, capsys) -> None:
    table = pd.read_csv(make(12.0)).set_index("probe")
    assert list(table.index) == ["linear", "network", "majority", "shuffled"]
    assert (table.loc[["linear", "network"], "accuracy"] > 0.9).all()
    assert (table["low"] <= table["accuracy"]).all() and (table["accuracy"] <= table["high"]).all()
    assert table.loc["majority", "balanced_accuracy"] == pytest.approx(1 / 3)
    assert table.loc["shuffled", "accuracy"] < 0.6
    sizes = ["classes", "train_performances", "train_clips", "performances", "clips"]
    assert table.loc["linear", sizes].to_list() == [3, 35, 140, 18, 72]
    assert "genre: 1 of 54 performances are left out" in capsys.readouterr().err
    confusion = pd.read_csv(tmp_path / "free-confusion.csv")
    linear = confusion[confusion["probe"] == "linear"].pivot(
        index="truth", columns="predicted", values="clips"
    )
    assert list(linear.index) == list(GENRES) and linear.to_numpy().sum() == 72
    assert np.trace(linear) / 72 == pytest.approx(table.loc["linear", "accuracy"])


def test_a_label_that_is_not_there_is_not_told(make: Make) -> None:
    """Clips of a performance resemble each other: a probe that saw it would tell them all."""
    table = pd.read_csv(make(0.0)).set_index("probe")
    assert (table["accuracy"] < 0.6).all()


def test_equal_runs_are_equal_bytes(make: Make, tmp_path: Path) -> None:
    first = make(1.0).read_bytes(), (tmp_path / "free-confusion.csv").read_bytes()
    assert (make(1.0).read_bytes(), (tmp_path / "free-confusion.csv").read_bytes()) == first


def test_nothing_to_probe(make: Make) -> None:
    with pytest.raises(DataError, match="'genre' has 0 classes with clips in the train split"):
        make(1.0, CONFIG.model_copy(update={"least": 50}))
    with pytest.raises(DataError, match="has no column 'mood'"):
        make(1.0, CONFIG.model_copy(update={"labels": ("mood",)}))


def test_measures_by_hand() -> None:
    test = Samples(np.zeros((4, 1), np.float32), np.array([0, 0, 0, 1]), np.array([7, 7, 8, 9]))
    said = np.zeros((1, 4, 2))
    said[0] = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]]
    scores = measure(said, test, 100, seed=0)
    assert scores["accuracy"] == 0.5
    assert scores["balanced_accuracy"] == pytest.approx((1 / 3 + 1) / 2)
    assert scores["performance_accuracy"] == pytest.approx(2 / 3)  # 7 by its first clip


def test_networks_differ_by_their_seeds() -> None:
    rng = np.random.default_rng(0)
    classes = np.arange(60) // 2 % 2
    side = Samples(rng.standard_normal((60, 3)).astype(np.float32), classes, np.arange(60) // 2)
    said = predictions(side, side, CONFIG, seed=3)
    assert {name: len(runs) for name, runs in said.items()} == {
        "linear": 1,
        "network": 2,
        "majority": 1,
        "shuffled": 10,
    }
    assert not np.array_equal(*said["network"])
    assert np.allclose(said["network"].sum(-1), 1)


def test_side_by_side(make: Make, tmp_path: Path) -> None:
    tables = [make(12.0), make(0.0, name="rvq")]
    compare(tables, tmp_path / "probes.csv")
    assert list(pd.read_csv(tmp_path / "probes.csv")["features"].unique()) == ["free", "rvq"]
    text = (tmp_path / "probes.md").read_text()
    assert text == summary_text(pd.read_csv(tmp_path / "probes.csv"))
    assert text.startswith("| label | features | linear | network | majority | shuffled | balanced")
    assert len(text.splitlines()) == 4
    with pytest.raises(DataError, match=r"no table '.*sparse\.csv'"):
        compare([tmp_path / "sparse.csv"], tmp_path / "probes.csv")
