"""Metrics stand in for listeners: the same tables, and no doubt about who speaks."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.config import RatingsConfig
from spiking_music.errors import DataError
from spiking_music.listening.ratings import objective_ratings

MEANS = {"rvq": 4.0, "free": 3.5, "anchor": 1.5, "lowpass-3500": 3.0}


def evaluated(
    folder: Path, systems: Iterable[str], performances: int, clips: int = 2
) -> dict[str, Path]:
    """A table of `evaluate` for each system, with the columns that matter."""
    paths = {}
    for index, name in enumerate(systems):
        draw = np.random.default_rng(index)
        size = performances * clips
        visqol = MEANS.get(name, 3.2) + draw.uniform(-0.3, 0.3, size)
        table = pd.DataFrame(
            {
                "clip": range(size),
                "performance": np.repeat(np.arange(performances), clips),
                "offset": np.tile(np.arange(clips) * 131072, performances),
                "si_snr_db": 1.0,
                "visqol": visqol,
                "zimtohrli": visqol - 0.5,
                "silent": 0,
            }
        )
        paths[name] = folder / f"{name}.csv"
        table.to_csv(paths[name], index=False)
    return paths


def _change(path: Path, column: str, row: int, value: float) -> None:
    table = pd.read_csv(path)
    table[column] = table[column].astype(float)
    table.loc[row, column] = value
    table.to_csv(path, index=False)


def _systems(paths: Mapping[str, Path], out: Path, settings: RatingsConfig) -> pd.DataFrame:
    objective_ratings(paths, out, settings, seed=1)
    return pd.read_csv(out / "systems.csv").set_index(["source", "system"])


def test_both_metrics_in_the_words_of_the_listening_test(
    tmp_path: Path, settings: RatingsConfig
) -> None:
    paths = evaluated(tmp_path, MEANS, performances=8)
    systems = _systems(paths, tmp_path / "out", settings)
    names = ["rvq", "free", "anchor-3500", "anchor-distorted"]
    assert list(systems.index) == [
        (source, name)
        for source in ("objective (ViSQOL)", "objective (Zimtohrli)")
        for name in names
    ]
    scores = pd.read_csv(paths["lowpass-3500"])["visqol"]
    row = systems.loc[("objective (ViSQOL)", "anchor-3500")]
    assert row["mean"] == pytest.approx(scores.mean())
    assert (row["units"], row["scores"]) == (8, 16)
    pairs = pd.read_csv(tmp_path / "out" / "comparisons.csv")
    one = pairs.set_index(["source", "first", "second"]).loc[("objective (ViSQOL)", "rvq", "free")]
    margin = pd.read_csv(paths["rvq"])["visqol"] - pd.read_csv(paths["free"])["visqol"]
    assert (one["wins"], one["losses"]) == ((margin > 0).sum(), (margin < 0).sum())


def test_nobody_could_take_metrics_for_listeners(tmp_path: Path, settings: RatingsConfig) -> None:
    _systems(evaluated(tmp_path, MEANS, performances=8), tmp_path / "out", settings)
    for path in (tmp_path / "out").glob("*.csv"):
        assert pd.read_csv(path)["source"].str.startswith("objective (").all()
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert summary.startswith("# Scores of objective (ViSQOL) and objective (Zimtohrli)\n")
    assert "Nobody has listened" in summary
    assert "listeners" not in summary


def test_a_clip_without_a_score_is_left_out_for_all_systems(
    tmp_path: Path, settings: RatingsConfig
) -> None:
    paths = evaluated(tmp_path, MEANS, performances=8)
    _change(paths["free"], "visqol", 3, np.nan)
    systems = _systems(paths, tmp_path / "out", settings)
    assert set(systems.loc["objective (ViSQOL)", "scores"]) == {15}
    assert set(systems.loc["objective (Zimtohrli)", "scores"]) == {16}
    assert "ViSQOL: 15 of 16 clips" in (tmp_path / "out" / "summary.md").read_text()


def test_with_few_performances_clips_are_units(tmp_path: Path, settings: RatingsConfig) -> None:
    systems = _systems(evaluated(tmp_path, MEANS, performances=7), tmp_path / "out", settings)
    assert set(systems["units"]) == {14}
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "a unit is a clip, as if independent: too few performances" in summary


def test_what_cannot_be_compared_is_one_sentence(tmp_path: Path, settings: RatingsConfig) -> None:
    paths = evaluated(tmp_path, MEANS, performances=8)
    with pytest.raises(DataError, match="two at least"):
        objective_ratings({"rvq": paths["rvq"]}, tmp_path / "out", settings, seed=1)
    with pytest.raises(DataError, match=r"no table '.*gone\.csv'"):
        objective_ratings(
            {**paths, "mel": tmp_path / "gone.csv"}, tmp_path / "out", settings, seed=1
        )
    _change(paths["free"], "offset", 0, 5)
    with pytest.raises(DataError, match="the table of 'free' has other clips"):
        objective_ratings(paths, tmp_path / "out", settings, seed=1)
    for path in paths.values():
        table = pd.read_csv(path).assign(visqol=np.nan, zimtohrli=np.nan, offset=0)
        table.to_csv(path, index=False)
    with pytest.raises(DataError, match=r"set evaluation\.perceptual to true"):
        objective_ratings(paths, tmp_path / "out", settings, seed=1)
    assert not (tmp_path / "out").exists()
