"""`experiments/codecs.py`: one command, one table, one picture; its numbers are the files'."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from spiking_music.codec import classical
from spiking_music.codec.si_snr import si_snr
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import DataError
from spiking_music.figures.codecs import MEASURES
from tests.evaluation.conftest import CODEBOOKS, SAMPLES, SILENT, SIZE, Model, Split, experiment

SCRIPT = Path(__file__).parents[2] / "experiments" / "codecs.py"
FAST = ["--no-perceptual", "--kbps", "8", "--kbps", "16"]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return experiment("codecs")


def folder(model: Model, at: Path) -> Path:
    at.mkdir()
    shutil.copy(model.weights, at / "weights.safetensors")
    return at


def run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["codecs.py", *map(str, arguments)])
    script.main()


def test_one_command_prints_a_table_and_draws_a_picture(free: Model, tmp_path: Path) -> None:
    model, out = folder(free, tmp_path / "free"), tmp_path / "out" / "codecs"
    command = [sys.executable, SCRIPT, "--count", "2", *FAST, "--model", model, "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split(" | ")[0] for line in done.stdout.splitlines() if line.startswith("| ")]
    systems = ["mp3 8", "mp3 16", "opus 8", "opus 16", "free"]
    assert rows == ["| system", "| :--", *(f"| {name}" for name in systems)]
    assert "Means over 2 clips" in done.stdout
    assert out.with_suffix(".png").stat().st_size > 10_000
    table = pd.read_csv(out.with_suffix(".csv"))
    assert table["system"].tolist() == systems
    assert table["clips"].tolist() == [2] * 5
    assert table["kbps"][:4].tolist() == pytest.approx([8, 16, 8, 16], rel=0.06)
    assert (table["header_kbps"] > 0).all()
    assert table[["si_snr_db_low", "mel_distance_high"]].notna().all(axis=None)
    assert table[["visqol", "zimtohrli"]].isna().all(axis=None)
    assert (table["lag"][:4] == 0).all()  # on music as on the noise of test_classical


def test_rows_are_what_the_codecs_give_on_the_clips_of_shards(
    script: ModuleType,
    rvq: Model,
    mu_sparse: Model,
    split: Split,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = [folder(rvq, tmp_path / "rvq"), folder(mu_sparse, tmp_path / "mu-sparse")]
    given = [*split.clips, *FAST, "--count", 99, "--level", 0, "--level", 31]
    given += ["--model", models[0], "--model", models[1], "--out", tmp_path / "codecs"]
    run(script, monkeypatch, *given)
    table = pd.read_csv(tmp_path / "codecs.csv").set_index("system")
    ours = ["rvq", "mu-sparse μ = 0", "mu-sparse μ = 31"]
    assert table.index.tolist()[4:] == ours
    clips = [clip.numpy() for i, clip in enumerate(Clips(split.clips)) if i != SILENT]
    assert (table["clips"] == len(clips)).all()

    seconds = SAMPLES / 22_050
    files = [classical.compress(clip, "opus", 16) for clip in clips]
    expected = np.mean([8e-3 * file.payload / seconds for file in files])
    assert table.loc["opus 16", "kbps"] == pytest.approx(expected)
    estimates = np.stack([classical.restore(file) for file in files])
    assert table.loc["opus 16", "si_snr_db"] == pytest.approx(
        si_snr(estimates, np.stack(clips)).mean()
    )

    bits = CODEBOOKS * (SAMPLES // 512) * np.log2(SIZE)
    assert table.loc["rvq", "kbps_paper"] == pytest.approx(bits / seconds / 1000)
    assert table.loc["rvq", "kbps"] == pytest.approx(bits / seconds / 1000, rel=0.1)
    assert table["kbps_paper"].isna().tolist() == [True] * 4 + [False] * 3


def test_clips_are_spread_evenly_and_keep_their_performances(
    script: ModuleType, split: Split
) -> None:
    material = script.chosen(split.clips, 2)
    source = Clips(split.clips)
    assert np.array_equal(material.clips, np.stack([source[0].numpy(), source[4].numpy()]))
    assert material.performances.tolist() == [0, 3]


def test_each_codec_takes_the_rates_it_has(script: ModuleType) -> None:
    names = [system.name for system in script.classical_systems([6, 12, 64, 320])]
    assert names == ["mp3 64", "mp3 320", "opus 6", "opus 12", "opus 64"]


def test_silent_clips_alone_are_refused(
    script: ModuleType, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        script, "SETTINGS", script.SETTINGS.model_copy(update={"silence_dbfs": -1e-9})
    )
    with pytest.raises(DataError, match="are silent: name others"):
        script.chosen(split.clips, 2)


def test_every_measure_has_its_interval(script: ModuleType) -> None:
    row = dict.fromkeys(script.HEADINGS, 1.0) | {"system": "mp3 8"}
    row |= {f"{name}_{end}": value for name in MEASURES for end, value in (("low", 0), ("high", 2))}
    assert script.summary_text(pd.DataFrame([row | {"clips": 3}])).count("1.00 [0.00, 2.00]") == 4
