"""Small data sets in MAESTRO layout, built by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import symusic

from spiking_music.config import DatasetConfig, SignalConfig, read
from spiking_music.data.clips import build_clips
from tests.conftest import DEFAULTS

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=8192, hop=512)
DATASET = DatasetConfig.model_validate(
    {
        "name": "tiny",
        "source": "demo",
        "path": None,
        "notes": "midi",
        "labels": [],
        "soundfont": None,
        "shards": 1,
        "demo": {**read(DEFAULTS)["dataset"]["demo"], "minutes": 1, "performances": 3},
        "fma": {"split": "published"},
        "subset": {
            "splits": ["train"],
            "years": [],
            "composers": [],
            "max_performances": None,
            "max_hours": None,
        },
        "tail": "drop",
        "silence": "keep",
        "silence_dbfs": -60,
        "bad_recordings": "fail",
    }
)


@pytest.fixture
def signal() -> SignalConfig:
    return SIGNAL


@pytest.fixture
def dataset() -> DatasetConfig:
    return DATASET


def write_midi(path: Path, notes: list[tuple[int, int, int]], pedal: list | None = None) -> None:
    """Notes (ms, pitch, velocity) and pedal movements (ms, value): 1 tick = 1 ms."""
    score = symusic.Score(500)  # at the default 120 quarters a minute
    track = symusic.Track()
    track.notes.extend(symusic.Note(ms, 50, pitch, velocity) for ms, pitch, velocity in notes)
    track.controls.extend(symusic.ControlChange(ms, 64, value) for ms, value in pedal or [])
    score.tracks.append(track)
    score.dump_midi(path)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """`make([seconds, …])` writes recordings of noise with one note each, and their catalogue."""

    def build(seconds: list[float], rate: int = 22050, shards: int = 1) -> Path:
        rng, rows = np.random.default_rng(0), []
        for index, length in enumerate(seconds):
            samples = 0.1 * rng.standard_normal(round(length * rate))
            soundfile.write(tmp_path / f"{index}.wav", samples, rate)
            write_midi(tmp_path / f"{index}.mid", [(100, 60, 80)])
            rows.append((f"{index}.wav", f"{index}.mid", length, index, index % shards))
        columns = ["audio_filename", "midi_filename", "duration", "performance", "shard"]
        table = pd.DataFrame(rows, columns=columns).assign(
            canonical_composer="Nobody", canonical_title="Noise", split="train", year=2024
        )
        table.to_csv(tmp_path / "performances.csv", index=False)
        return tmp_path

    return build


def build(root: Path, signal: SignalConfig, dataset: DatasetConfig, shard: int = 0) -> pd.DataFrame:
    """Cut the recordings of `shard` under `root`; return the table of clips."""
    audio, table = root / "out" / f"{shard}.h5", root / "out" / f"{shard}.csv"
    build_clips(root / "performances.csv", root, "train", shard, audio, table, signal, dataset)
    return pd.read_csv(table)
