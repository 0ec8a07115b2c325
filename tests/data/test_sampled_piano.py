"""Recorded tones: which one a key and a velocity strike, how loud, and folders that are refused."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music.data.render import open_soundfont
from spiking_music.data.sampled_piano import LOUDEST, SampledPiano
from spiking_music.errors import DataError

RATE = 8000
SECONDS = 1.5
PITCHES = {"A3": 57, "C4": 60, "D#4": 63}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sines a layer; the left microphone hears twice as much, louder layers more."""
    place = tmp_path_factory.mktemp("piano")
    time = np.arange(int(SECONDS * RATE)) / RATE
    for name, pitch in PITCHES.items():
        wave = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)
        for layer in range(1, len(LOUDEST) + 1):
            both = np.stack([0.04 * layer * wave, 0.02 * layer * wave], axis=1)
            soundfile.write(place / f"{name}v{layer}.wav", both, RATE)
    return place


def frequency(wave: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(wave[: RATE // 2] * np.hanning(RATE // 2), 2**16))
    return float(np.argmax(spectrum)) * RATE / 2**16


@pytest.mark.parametrize("key", [55, 58, 60, 62, 70])
def test_keys_between_recorded_ones_have_their_pitch(folder: Path, key: int) -> None:
    left, right = SampledPiano(folder, RATE).strike(key, 80)
    assert frequency(left.wave) == pytest.approx(440 * 2 ** ((key - 69) / 12), rel=0.003)
    assert left.pan < 0 < right.pan
    inside = slice(100, RATE // 2)
    np.testing.assert_allclose(left.wave[inside], 2 * right.wave[inside], atol=1e-3)


def test_velocity_chooses_the_layer(folder: Path) -> None:
    piano = SampledPiano(folder, RATE)
    assert piano.strike(60, 121) is piano.strike(60, 127)
    assert piano.strike(60, 120) is not piano.strike(60, 121)
    levels = [(v / 127) ** 2 * np.abs(piano.strike(60, v)[0].wave).max() for v in range(1, 128)]
    assert levels[126] > 3 * levels[60] > 6 * levels[20]


def test_strings_without_a_damper_ring_on(folder: Path) -> None:
    piano = SampledPiano(folder, RATE)
    assert piano.strike(100, 80)[0].release > 10 * piano.strike(60, 80)[0].release


def test_a_folder_stands_where_a_sound_font_may(folder: Path, tmp_path: Path) -> None:
    assert isinstance(open_soundfont(str(folder), RATE), SampledPiano)
    with pytest.raises(DataError, match=r"has not the 16 layers of a sampled piano"):
        open_soundfont(str(tmp_path), RATE)


def test_a_missing_or_damaged_tone_is_said(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "C4v3.wav").write_bytes(b"no sound")
    with pytest.raises(DataError, match=r"C4v3\.wav' cannot be read"):
        SampledPiano(tmp_path, RATE).strike(60, 36)
    (tmp_path / "C4v3.wav").unlink()
    with pytest.raises(DataError, match=r"lacks 'C4v3'"):
        SampledPiano(tmp_path, RATE)
