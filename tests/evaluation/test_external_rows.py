"""Rows of `external`: `evaluate`'s measures and the true bytes, of commands and of folders."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr

from spiking_music import config as configuration
from spiking_music.config import CommandsConfig, EvaluationConfig, ExternalSystem, FolderConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import DataError
from spiking_music.evaluation import metrics
from spiking_music.evaluation.external import evaluate_external
from spiking_music.evaluation.reconstruct import MEASURES
from tests.conftest import DEFAULTS, ROOT
from tests.evaluation.conftest import SAMPLES, SILENT, Split

FILES = sorted((ROOT / "config" / "external").glob("*.yaml"))
COLUMNS = [*("clip", "performance", "offset", *MEASURES, "silent", "kbps", "kbps_header")]
HALF = "import sys; data = open(sys.argv[1], 'rb').read(); open(sys.argv[2], 'wb').write({})"


def coarse() -> ExternalSystem:
    """The high byte of every sample."""
    encode, decode = (
        (sys.executable, "-c", HALF.format(what), "{input}", "{output}")
        for what in ("data[1::2]", "bytes(b for high in data for b in (128, high))")
    )
    config = CommandsConfig(
        kind="commands", rates=("8",), sample_rate=22050, delay=0, encode=encode, decode=decode,
        sound="raw", stream="high", payload="file", padding=0,
    )  # fmt: skip
    return ExternalSystem("coarse", "8", config)


@pytest.fixture
def folder(split: Split, tmp_path: Path) -> ExternalSystem:
    """The clips at 44.1 kHz, with 3 samples more and 10 before."""
    place = tmp_path / "decoded-5"
    place.mkdir()
    for number, clip in enumerate(Clips(split.clips)):
        twice = soxr.resample(clip.numpy(), 22050, 44100, "VHQ")
        sound = np.concatenate([np.zeros(10), twice, np.zeros(3)])
        soundfile.write(place / f"{number}.wav", sound, 44100, "FLOAT")
    rows = {"file": [f"{number}.wav" for number in range(5)], "bytes": [100, 200, 300, 0, 500]}
    pd.DataFrame(rows).to_csv(place / "clips.csv", index=False)
    config = FolderConfig(
        kind="folder", rates=("5",), sample_rate=44100, delay=10,
        folder=str(tmp_path / "decoded-{rate}"),
    )  # fmt: skip
    return ExternalSystem("elsewhere", "5", config)


def test_commands(split: Split, settings: EvaluationConfig, tmp_path: Path) -> None:
    evaluate_external(coarse(), split.clips, split.tables, tmp_path / "t.csv", settings)
    table = pd.read_csv(tmp_path / "t.csv")
    assert list(table) == COLUMNS
    clips = np.stack([clip.numpy() for clip in Clips(split.clips)])
    pcm = np.clip(np.rint(clips * 32768), -32768, 32767).astype(np.int16)
    restored = ((pcm >> 8 << 8) + 128).astype(np.float32) / 32768
    heard = table["silent"] == 0
    assert heard.tolist() == [clip != SILENT for clip in range(5)]
    expected = metrics.si_snr(restored, clips)[heard]
    assert table["si_snr_db"][heard].tolist() == pytest.approx(expected.tolist(), abs=1e-3)
    assert table["kbps"].tolist() == pytest.approx([8 * 22.05 * (SAMPLES + 16) / SAMPLES] * 5)
    assert (table["kbps_header"] == 0).all()


def test_a_folder(folder, split: Split, settings: EvaluationConfig, tmp_path: Path) -> None:
    evaluate_external(folder, split.clips, split.tables, tmp_path / "t.csv", settings)
    table = pd.read_csv(tmp_path / "t.csv")
    assert list(table) == COLUMNS
    spent = 8e-3 * 22050 / SAMPLES * np.array([100, 200, 300, 0, 500])
    assert table["kbps"].tolist() == pytest.approx(spent.tolist())
    assert (table["si_snr_db"][table["silent"] == 0] > 15).all()


def test_a_folder_that_does_not_fit(
    folder, split: Split, settings: EvaluationConfig, tmp_path: Path
) -> None:
    path = tmp_path / "decoded-5" / "clips.csv"
    table = pd.read_csv(path)
    for changed, message in (
        (table.iloc[:-1], "has 4 rows for 5 clips of the split"),
        (table.assign(bytes=["1", "2", "x", "3", "4"]), "lacks a file, or a number of bytes"),
        (table.assign(bytes=-1), "lacks a file, or a number of bytes"),
        (table.assign(file=["0.wav", None, "2.wav", "3.wav", "4.wav"]), "lacks a file"),
        (table.assign(file="no.wav"), r"has no file '.*no\.wav', which its table names"),
        (table.assign(file="../0.wav"), r"names '\.\./0\.wav', which is not in its folder"),
        (table.rename(columns={"file": "name"}), "has no column 'file'"),
    ):
        changed.to_csv(path, index=False)
        with pytest.raises(DataError, match=message) as caught:
            evaluate_external(folder, split.clips, split.tables, tmp_path / "t.csv", settings)
        assert "\n" not in str(caught.value)
    path.unlink()
    with pytest.raises(DataError, match="no table"):
        evaluate_external(folder, split.clips, split.tables, tmp_path / "t.csv", settings)
    assert not list(tmp_path.glob("*t.csv*"))


def test_the_files_that_come_along_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKING_MUSIC_DATA", "/data")
    assert {path.stem for path in FILES} >= {"aac", "codec2", "opus"}
    raw = configuration.read([*DEFAULTS, *map(str, FILES)])  # each row has a name of its own
    names = [name for path in FILES for name in configuration.read([str(path)])["external"]]
    assert sorted(raw["external"]) == sorted(names)
    systems = configuration.external_systems(configuration.validate(raw).external)
    assert all(configuration.external_system(raw, name) == systems[name] for name in systems)
