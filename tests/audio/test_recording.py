"""Decode, down-mix and resample."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from spiking_music.audio.recording import stream
from spiking_music.errors import DataError

RATE = 22050


def noise(seconds: float, rate: int, channels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-0.5, 0.5, (round(seconds * rate), channels)).astype(np.float32)


def whole(path: Path, rate: int = RATE) -> np.ndarray:
    return np.concatenate(list(stream(path, rate)))


@pytest.mark.parametrize(("rate", "channels"), [(48000, 2), (44100, 2), (16000, 1), (96000, 6)])
def test_stream_equals_one_shot_resampling(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(5.3, rate, channels), rate, subtype="PCM_16")
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    expected = soxr.resample(samples.mean(axis=1), rate, RATE, "HQ")
    found = whole(path)
    assert len(found) == len(expected)
    assert np.abs(found - expected).max() < 2e-6


@pytest.mark.parametrize("rate", [48000, 44100, 16000])
def test_events_stay_where_they_are(tmp_path: Path, rate: int) -> None:
    samples = np.zeros(rate * 9, np.float32)
    seconds = np.array([0.5, 3.0, 8.5])
    samples[(seconds * rate).astype(int)] = 0.9
    soundfile.write(tmp_path / "a.wav", samples, rate)
    found = whole(tmp_path / "a.wav")
    for moment in seconds:
        near = int(moment * RATE)
        peak = near - 100 + np.argmax(np.abs(found[near - 100 : near + 100]))
        assert abs(peak - moment * RATE) <= 1


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_U8"),
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.wav", "FLOAT"),
        ("a.flac", "PCM_16"),
        ("a.flac", "PCM_24"),
        ("a.aiff", "PCM_16"),
        ("a.ogg", "VORBIS"),
    ],
)
def test_each_format_is_the_mean_of_its_channels(tmp_path: Path, name: str, subtype: str) -> None:
    path = tmp_path / name
    soundfile.write(path, noise(4, RATE, 2), RATE, subtype=subtype)
    samples, _ = soundfile.read(path, dtype="float32")
    assert np.abs(whole(path) - samples.mean(axis=1)).max() < 1e-6


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.mp3"])
@pytest.mark.parametrize("kept", [0.99, 0.5])
def test_a_file_cut_short_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    path = tmp_path / name
    soundfile.write(path, noise(3, 44100, 2), 44100)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DataError, match=rf"'{path}' is .*(cut short|damaged).*(copy|replace)"):
        whole(path)


def test_a_wav_written_to_a_pipe_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1, RATE, 1), RATE, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    start = content.index(b"data")
    content[start + 4 : start + 8] = b"\xff" * 4
    path.write_bytes(content)
    assert len(whole(path)) == RATE


@pytest.mark.parametrize("content", [b"RIFF", b"not audio at all" * 50])
def test_what_is_no_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.wav' cannot be read .* replace the file"):
        whole(tmp_path / "a.wav")


def test_a_recording_without_samples_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 2)), RATE)
    with pytest.raises(DataError, match="holds no samples"):
        whole(tmp_path / "a.wav")


def test_missing_and_empty_recordings_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"recording '.*a\.wav' is missing: check its path"):
        whole(tmp_path / "a.wav")
    (tmp_path / "a.wav").touch()
    with pytest.raises(DataError, match=r"recording '.*a\.wav' is empty \(0 bytes\): copy it"):
        whole(tmp_path / "a.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    samples = noise(3, RATE, 2)
    samples[-1, 1] = value
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    with pytest.raises(DataError, match="NaN or infinite"):
        whole(tmp_path / "a.wav")
