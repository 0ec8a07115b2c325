"""`summarise`: means of the right clips, three files that agree, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.summary import AMOUNTS, QUALITIES, summarise
from tests.evaluation.conftest import Model


def write_tables(folder: Path, name: str, perceptual: bool) -> tuple[Path, Path]:
    """Tables of 12 clips: clip 3 is silent, ViSQOL fails on clip 5 where it is measured."""
    draw = np.random.default_rng(len(name))
    quality = pd.DataFrame({column: draw.normal(5, 1, 12) for column in QUALITIES})
    quality["silent"] = (np.arange(12) == 3).astype(int)
    quality["performance"] = np.arange(12)
    quality.loc[3, QUALITIES] = np.nan
    quality.loc[5, "visqol"] = np.nan
    if not perceptual:
        quality[["visqol", "zimtohrli"]] = np.nan
    amount = pd.DataFrame({column: draw.uniform(1, 3, 12) for column in AMOUNTS})
    if name == "rvq":
        amount[["kbps_coo", "kbps_time", "kbps_units", "events_per_second", "density"]] = np.nan
    paths = folder / f"evaluation-{name}.csv", folder / f"storage-{name}.csv"
    quality.to_csv(paths[0], index=False)
    amount.to_csv(paths[1], index=False)
    return paths


@pytest.fixture
def inputs(free: Model, rvq: Model, tmp_path: Path) -> tuple[list[Path], list[Path], list[Path]]:
    tables = [write_tables(tmp_path, "rvq", False), write_tables(tmp_path, "free", True)]
    return [rvq.weights, free.weights], [t[0] for t in tables], [t[1] for t in tables]


def test_a_row_a_variant(inputs, tmp_path: Path) -> None:
    summarise(*inputs, tmp_path / "summary.csv", 500, 1)
    table = pd.read_csv(tmp_path / "summary.csv").set_index("variant")
    quality, amount = pd.read_csv(inputs[1][1]), pd.read_csv(inputs[2][1])
    row = table.loc["free"]
    assert list(table.index) == ["rvq", "free"]
    assert (row["decoder"], row["steps"], row["parameters"]) == ("regression", 7, 1234)
    assert (row["clips"], row["silent_clips"], row["failed_clips"]) == (12, 1, 1)
    for column in QUALITIES:
        assert row[column] == pytest.approx(quality[column].mean(), rel=1e-8)
    for column in AMOUNTS:
        assert row[column] == pytest.approx(amount[column].mean(), rel=1e-8)
    assert row["si_snr_std"] == pytest.approx(quality["si_snr_db"].std(), rel=1e-8)
    for stem, column in (("si_snr", "si_snr_db"), ("visqol", "visqol")):
        expected = interval(quality[column], quality["performance"], 500, 1)
        assert (row[f"{stem}_low"], row[f"{stem}_high"]) == pytest.approx(expected, rel=1e-6)
        assert row[f"{stem}_low"] < row[column] < row[f"{stem}_high"]
    assert np.isnan(
        table.loc["rvq", ["kbps_time", "density", "visqol", "visqol_low"]].tolist()
    ).all()
    assert table.loc["rvq", "failed_clips"] == 0


def test_json_and_markdown_say_the_same(inputs, tmp_path: Path) -> None:
    summarise(*inputs, tmp_path / "summary.csv", 200, 1)
    table = pd.read_csv(tmp_path / "summary.csv").set_index("variant")
    numbers = json.loads((tmp_path / "summary.json").read_text())
    assert set(numbers) == {"rvq", "free"}
    assert numbers["free"]["si_snr_db"] == pytest.approx(table.loc["free", "si_snr_db"])
    assert "visqol" not in numbers["rvq"]
    text = (tmp_path / "summary.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    free = table.loc["free"]
    cell = f"{free['si_snr_db']:.2f} [{free['si_snr_low']:.2f}, {free['si_snr_high']:.2f}]"
    assert cell in rows[3]
    assert rows[2].startswith("| rvq |")
    assert "| – |" in rows[2]
    assert "12 clips" in text


def test_equal_inputs_give_equal_bytes(inputs, tmp_path: Path) -> None:
    for name in ("one", "two"):
        summarise(*inputs, tmp_path / f"{name}.csv", 200, 1)
    for suffix in (".csv", ".md", ".json"):
        first, second = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()


def test_refusals(inputs, tmp_path: Path) -> None:
    weights, evaluation, storage = inputs
    out = tmp_path / "summary.csv"
    with pytest.raises(DataError, match="2 models, 1 evaluations and 2 storage"):
        summarise(weights, evaluation[:1], storage, out, 10, 1)
    with pytest.raises(DataError, match="cannot read table"):
        summarise(weights, [tmp_path / "none.csv"] * 2, storage, out, 10, 1)
    with pytest.raises(DataError, match="has no column 'performance'"):
        summarise(weights, storage, storage, out, 10, 1)
    with pytest.raises(CodeError, match="no model at"):
        summarise([tmp_path / "none"] * 2, evaluation, storage, out, 10, 1)
    with pytest.raises(CodeError, match="no model of this project"):
        summarise(evaluation, evaluation, storage, out, 10, 1)
    shorter = pd.read_csv(storage[0]).iloc[:-1]
    shorter.to_csv(tmp_path / "shorter.csv", index=False)
    with pytest.raises(DataError, match=r"has 12 clips but .* 11"):
        summarise(weights, evaluation, [tmp_path / "shorter.csv"] * 2, out, 10, 1)
    assert not out.exists()
