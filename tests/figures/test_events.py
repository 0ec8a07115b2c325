"""The picture of a recording's events: one dot a coded coefficient, at its time and key."""

import io
from pathlib import Path

import numpy as np
import pytest

import spiking_music
from spiking_music.codec.session import Codec
from spiking_music.figures.events import LONGEST, draw, points
from tests.codec.conftest import RATE, music


@pytest.fixture(scope="module")
def codec() -> Codec:
    return spiking_music.load()


def test_one_point_a_coefficient(codec: Codec) -> None:
    events, bins = codec.events(music(2.0), RATE), codec.model.config.bottleneck.bins
    codes = np.zeros((len(codec.units), 100), np.uint8)
    frame = np.floor(events["time"] * RATE / 512).astype(int)
    codes[events["unit"], frame] = 1
    further = codes[2 * bins : -24 - 4 * 18].reshape(-1, bins, 100).sum(axis=0)
    level = codes[:bins] + codes[bins : 2 * bins] + further
    time, key, size = points(events, codec.units)
    assert len(time) == np.count_nonzero(level)
    hz = 440 * 2 ** ((key - 69) / 12)
    coded = np.round(hz / (RATE / 1024) - 0.5).astype(int)
    assert np.array_equal(size, level[coded, np.floor(time * RATE / 512).astype(int)])


def test_equal_streams_are_equal_pictures(codec: Codec, tmp_path: Path) -> None:
    stream = codec.encode(music(2.0), RATE)
    for name in ("one", "two"):
        draw(codec, io.BytesIO(stream), tmp_path / f"{name}.svg", 0.5, 1.0, None)
    texts = (tmp_path / "one.svg").read_text()
    assert texts == (tmp_path / "two.svg").read_text()
    assert "events a second" in texts and "the decoded sound" in texts
    assert "the notes that are played" not in texts


def test_a_long_recording_is_drawn_for_a_minute(
    codec: Codec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    read = codec.read
    monkeypatch.setattr(
        codec, "read", lambda file, start, seconds: asked.append(seconds) or read(file, start, 1.0)
    )
    stream = codec.encode(music(2.0), RATE)
    draw(codec, io.BytesIO(stream), tmp_path / "long.png", 0.0, 3600.0, None)
    assert asked == [LONGEST]
