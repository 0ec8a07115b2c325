"""`summarise`: means of the right clips, three files that agree, refusals."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation import energy
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.summary import AMOUNTS, QUALITIES, Run, summarise
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
    paths = folder / "evaluation" / f"{name}.csv", folder / "storage" / f"{name}.csv"
    for table, path in zip((quality, amount), paths, strict=True):
        path.parent.mkdir(exist_ok=True)
        table.to_csv(path, index=False)
    return paths


@pytest.fixture
def runs(free: Model, rvq: Model, tmp_path: Path) -> list[Run]:
    coded = tmp_path / "free-coded.csv"
    coded.write_text("clip,kbps,encode_mmac,decode_mmac\n0,2.0,3,1\n1,2.5,5,2\n")
    paths = tmp_path / "rvq-operations.csv", tmp_path / "free-operations.csv"
    for path, first in zip(paths, (",", "64,0.5"), strict=True):
        path.write_text(f"encoder_mmac,decoder_mmac,fan_out,first_layer_mmac\n20,30,{first}\n")
    return [
        Run(rvq.weights, *write_tables(tmp_path, "rvq", False), paths[0], None),
        Run(free.weights, *write_tables(tmp_path, "free", True), paths[1], coded),
    ]


def test_a_row_a_variant(runs, tmp_path: Path) -> None:
    summarise(runs, [], [], tmp_path / "summary.csv", 500, 1)
    table = pd.read_csv(tmp_path / "summary.csv").set_index("variant")
    quality, amount = pd.read_csv(runs[1].evaluation), pd.read_csv(runs[1].storage)
    row = table.loc["free"]
    assert list(table.index) == ["rvq", "free"]
    assert (row["decoder"], row["steps"], row["parameters"]) == ("regression", 7, 1234)
    assert row["kbps"] == 2.25
    assert np.isnan(table.loc["rvq", "kbps"])
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


def test_operations_and_their_energy(runs, tmp_path: Path) -> None:
    low = tmp_path / "lowpass-3500.csv"
    low.write_bytes(runs[0].evaluation.read_bytes())
    summarise(runs, [], [low], tmp_path / "summary.csv", 20, 1)
    table = pd.read_csv(tmp_path / "summary.csv")
    rvq, free, anchor = (row for _, row in table.iterrows())
    added = free["events_per_second"] * 64 / 1e6
    assert free[["encoder_mmac", "entropy_mmac", "decoder_mmac"]].tolist() == [20, 1.5, 30]
    assert free["event_macc"] == pytest.approx(added)
    assert free["encode_mj"] == pytest.approx((4.6 * 20 + 3.2 * 4) / 1000)  # all methods tried
    assert free["decode_mj"] == pytest.approx((4.6 * 30 + 3.2 * 1.5) / 1000)
    expected = (4.6 * 29.5 + 0.9 * added + 3.2 * 1.5) / 1000
    assert free["event_decode_mj"] == pytest.approx(expected)
    assert rvq["decode_mj"] == pytest.approx(4.6 * 30 / 1000)
    assert rvq[["entropy_mmac", "event_macc", "event_decode_mj"]].isna().all()
    assert anchor[[*energy.COLUMNS]].isna().all()


def test_anchors_stand_below_without_rate_or_training(runs, tmp_path: Path) -> None:
    quality = runs[0].evaluation.rename(tmp_path / "lowpass-3500.csv")
    summarise(runs[1:], [], [quality], tmp_path / "summary.csv", 200, 1)
    table = pd.read_csv(tmp_path / "summary.csv").set_index("variant")
    assert list(table.index) == ["free", "lowpass-3500"]
    row = table.loc["lowpass-3500"]
    assert (row["decoder"], row["clips"], row["silent_clips"]) == ("none", 12, 1)
    assert row["si_snr_db"] == pytest.approx(pd.read_csv(quality)["si_snr_db"].mean())
    assert row[[*AMOUNTS, "steps", "parameters"]].isna().all()
    assert table.loc["free", "steps"] == 7
    text = (tmp_path / "summary.md").read_text()
    assert "| lowpass-3500 | – | – |" in text
    assert "steps: of the last training" in text  # which `training.start_from` may make one of many
    assert "| 1\u202f234 |" in text  # parameters of the variant, still a whole number


def test_old_codecs_stand_between_with_their_true_bytes(runs, tmp_path: Path) -> None:
    paths = [tmp_path / "mp3-8.csv", tmp_path / "opus-24.csv"]
    for i, path in enumerate(paths):
        quality = pd.read_csv(runs[1].evaluation)
        quality.assign(kbps=8.0 + i, kbps_header=0.25).to_csv(path, index=False)
    summarise(runs[1:], paths, [runs[0].evaluation], tmp_path / "summary.csv", 200, 1)
    table = pd.read_csv(tmp_path / "summary.csv").set_index("variant")
    assert list(table.index) == ["free", "mp3-8", "opus-24", runs[0].evaluation.stem]
    assert table.loc[["mp3-8", "opus-24"], "decoder"].tolist() == ["mp3", "opus"]
    assert table.loc["opus-24", "kbps"] == 9
    assert table["kbps_header"].tolist()[1:3] == [0.25, 0.25]
    assert table["kbps_header"].isna().tolist() == [True, False, False, True]
    assert "| mp3-8 | 8.00 | – | – |" in (tmp_path / "summary.md").read_text()
    runs[1].evaluation.rename(tmp_path / "mp3-16.csv")  # a variant's table, without bytes
    with pytest.raises(DataError, match="has no column 'kbps'"):
        summarise([], [tmp_path / "mp3-16.csv"], [], tmp_path / "summary.csv", 200, 1)


def test_json_and_markdown_say_the_same(runs, tmp_path: Path) -> None:
    summarise(runs, [], [], tmp_path / "summary.csv", 200, 1)
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


def test_equal_inputs_give_equal_bytes(runs, tmp_path: Path) -> None:
    for name in ("one", "two"):
        summarise(runs, [], [], tmp_path / f"{name}.csv", 200, 1)
    for suffix in (".csv", ".md", ".json"):
        first, second = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()


def test_refusals(runs, tmp_path: Path) -> None:
    free, out = runs[1], tmp_path / "summary.csv"
    shorter = tmp_path / "shorter.csv"
    pd.read_csv(free.storage).iloc[:-1].to_csv(shorter, index=False)
    for error, message, changes in (
        (DataError, "no table", {"evaluation": tmp_path / "none.csv"}),
        (DataError, "no table", {"coded": tmp_path / "none.csv"}),
        (DataError, "no table", {"operations": tmp_path / "none.csv"}),
        (DataError, "has no column 'performance'", {"evaluation": free.storage}),
        (CodeError, "no model at", {"weights": tmp_path / "none"}),
        (CodeError, "no safetensors file", {"weights": free.evaluation}),
        (DataError, r"has 12 clips but .* 11", {"storage": shorter}),
    ):
        with pytest.raises(error, match=message):
            summarise([runs[0], replace(free, **changes)], [], [], out, 10, 1)
    assert not out.exists()
