"""Rows of notes played again: their bits, and how near they come to the recording they made."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.codec.midi import Coder, events
from spiking_music.config import EvaluationConfig, SignalConfig
from spiking_music.data.compose import compose
from spiking_music.data.demo import plan
from spiking_music.data.midi import read_midi, write_midi
from spiking_music.data.render import mix, open_soundfont
from spiking_music.data.shard import ShardFile
from spiking_music.errors import DataError
from spiking_music.evaluation.midi import Sources, evaluate_midi
from spiking_music.evaluation.reconstruct import MEASURES
from tests.conftest import demo
from tests.evaluation.conftest import HOP, Split

RATE, SAMPLES, CLIPS = 22050, 32768, 4
LEVEL = 0.37  # of the recording to what the font gives


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sources, Split]:
    """A piece of the train split, and the first clips of two of the test split, rendered."""
    root = tmp_path_factory.mktemp("midi")
    pieces = [compose(p) for p in plan(demo(minutes=0.8, performances=3), 3).values()]
    for number, piece in enumerate(pieces):
        write_midi(piece, root / f"{number}.midi")
    pd.DataFrame(
        {
            "canonical_composer": "x", "canonical_title": "y", "year": 2000, "duration": 16.0,
            "split": ["train", "test", "test"], "performance": [0, 1, 2], "shard": 0,
            "midi_filename": [f"{number}.midi" for number in range(3)],
            "audio_filename": [f"{number}.wav" for number in range(3)],
        }
    ).to_csv(root / "performances.csv", index=False)  # fmt: skip
    font = open_soundfont(None, RATE)
    signal = SignalConfig(sample_rate=RATE, clip_samples=SAMPLES, hop=HOP)
    places = []
    with ShardFile(root / "test-0.h5", signal, "test", 0) as file:
        for owner in (1, 2):
            sound = next(mix(read_midi(root / f"{owner}.midi"), font, 1))[0]
            for number in range(CLIPS):
                clip = sound[number * SAMPLES : (number + 1) * SAMPLES]
                file.append(np.rint(LEVEL * 32767 * clip).astype(np.int16), 1.0)
                places.append({"performance": owner, "offset": number * SAMPLES})
    pd.DataFrame(places).to_csv(root / "test-0.csv", index=False)
    split = Split([root / "test-0.h5"], [root / "test-0.csv"])
    return Sources(root / "performances.csv", root, None), split


def test_bits_and_sound(data, settings: EvaluationConfig, tmp_path: Path) -> None:
    sources, split = data
    tables = {}
    for ticks in (100, 22050):
        out = tmp_path / f"midi-{ticks}.csv"
        evaluate_midi(ticks, sources, split.clips, split.tables, out, settings)
        tables[ticks] = pd.read_csv(out)
    columns = ["clip", "performance", "offset", *MEASURES, "silent", "kbps", "kbps_header"]
    assert list(tables[100]) == columns
    # on the grid of samples the recording comes back, but for its level to half a dB
    exact = tables[22050]
    assert (exact["si_snr_db"] > 30).all()
    assert (exact["mel_distance"] < 0.6).all()
    assert (tables[100]["mel_distance"] > exact["mel_distance"]).all()
    assert (tables[100]["kbps"].mean(), exact["kbps"].mean()) == (
        pytest.approx(0.2, abs=0.15),
        pytest.approx(0.4, abs=0.25),
    )
    assert (tables[100]["kbps"] < exact["kbps"]).all()


def test_the_bits_of_a_clip_are_those_of_its_events(
    data, settings: EvaluationConfig, tmp_path: Path
) -> None:
    sources, split = data
    evaluate_midi(100, sources, split.clips, split.tables, tmp_path / "t.csv", settings)
    table = pd.read_csv(tmp_path / "t.csv")
    coder = Coder([events(read_midi(sources.root / "0.midi"), 100)])
    for owner in (1, 2):
        coded = events(read_midi(sources.root / f"{owner}.midi"), 100)
        early = [event.time / 100 * RATE < CLIPS * SAMPLES for event in coded]
        bits = coder.bits(coded)[early].sum() + 8  # and the level
        own = table[table["performance"] == owner]
        assert 1000 * own["kbps"].sum() * SAMPLES / RATE == pytest.approx(bits)
    assert (table["kbps_header"] == 0).all()


def test_clips_of_another_catalogue_are_refused(
    data, settings: EvaluationConfig, tmp_path: Path
) -> None:
    sources, split = data
    other = tmp_path / "other.csv"
    pd.read_csv(split.tables[0]).assign(performance=7).to_csv(other, index=False)
    with pytest.raises(DataError, match="has no performance 7 of the clips"):
        evaluate_midi(100, sources, split.clips, [other], tmp_path / "t.csv", settings)
    assert not (tmp_path / "t.csv").exists()
