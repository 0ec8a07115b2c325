"""Pipes give what files give: WAV of every plain kind, and samples without a header."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music.audio import recording
from spiking_music.audio.live import LiveRecording, Raw, live_wav, parse_raw
from spiking_music.errors import DataError

SUBTYPES = {"PCM_U8": "u8", "PCM_16": "s16", "PCM_24": "s24", "PCM_32": "s32", "FLOAT": "f32"}
SOUND = np.random.default_rng(0).uniform(-1, 1, (5000, 2))


class Slow(io.BytesIO):
    """A pipe that gives a few bytes at a time."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(777)


def wav(subtype: str, container: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, SOUND, 44100, subtype, format=container)
    return file.getvalue()


def mono(data: bytes) -> np.ndarray:
    found, _ = live_wav(Slow(data), "it")
    assert found is not None
    return np.concatenate(list(found.mono()))


@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_a_pipe_is_heard_as_a_file(subtype: str, container: str, tmp_path: Path) -> None:
    data = wav(subtype, container)
    (tmp_path / "a.wav").write_bytes(data)
    with recording.opened(tmp_path / "a.wav") as file:
        expected = np.concatenate(list(file.mono()))
    np.testing.assert_array_equal(mono(data), expected)
    begin = data.index(b"data") + 8
    raw = LiveRecording(Slow(data[begin : begin + file_bytes(subtype)]), "it", raw_of(subtype))
    np.testing.assert_array_equal(np.concatenate(list(raw.mono())), expected)


def raw_of(subtype: str) -> Raw:
    return Raw(44100, 2, SUBTYPES[subtype])


def file_bytes(subtype: str) -> int:
    return 10000 * {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3}.get(subtype, 4)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF - 36, 0xFFFFFFFF])
def test_an_open_length(size: int) -> None:
    data = wav("PCM_16")
    place = data.index(b"data") + 4
    changed = data[:place] + size.to_bytes(4, "little") + data[place + 4 :]
    np.testing.assert_array_equal(mono(changed), mono(data))


def test_what_is_wrong_is_told() -> None:
    data = wav("PCM_16")
    with pytest.raises(DataError, match="promises 20000 bytes and 19999 are there"):
        mono(data[:-1])
    with pytest.raises(DataError, match="goes on behind its samples"):
        mono(data + data)
    assert len(mono(data + b"LIST\4\0\0\0abcd")) == 5000
    with pytest.raises(DataError, match="bytes left over are 3"):
        list(LiveRecording(io.BytesIO(bytes(7)), "it", Raw(8000, 2)).mono())
    with pytest.raises(DataError, match="bytes left over are 1"):
        list(LiveRecording(io.BytesIO(bytes(7)), "it", Raw(8000)).mono())
    with pytest.raises(DataError, match="holds no samples"):
        list(LiveRecording(io.BytesIO(), "it", Raw(8000)).mono())
    with pytest.raises(DataError, match="NaN"):
        nan = np.full(4, np.nan, "<f4").tobytes()
        list(LiveRecording(io.BytesIO(nan), "it", Raw(8000, 1, "f32")).mono())


@pytest.mark.parametrize("other", [b"", b"fLaC", b"RIFF", wav("PCM_16")[:30], wav("ALAW")])
def test_what_is_no_plain_wav_is_given_back(other: bytes) -> None:
    pipe = Slow(other)
    found, begun = live_wav(pipe, "it")
    assert found is None and begun + pipe.read() == other


def test_raw_is_parsed() -> None:
    assert parse_raw("44100") == Raw(44100)
    assert parse_raw("8000:2") == Raw(8000, 2)
    assert parse_raw("8000:2:f32") == Raw(8000, 2, "f32")
    for text in ("", "x", "999", "44100:0", "44100:65", "44100:2:mp3", "44100:1:s16:0"):
        with pytest.raises(DataError):
            parse_raw(text)
