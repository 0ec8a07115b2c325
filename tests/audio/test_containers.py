"""Every container: as many samples as were encoded, and an error wherever it is cut."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from spiking_music.audio.containers.ogg import pages
from spiking_music.audio.recording import opened
from spiking_music.audio.source import Source
from spiking_music.errors import DataError
from tests.audio.making import KINDS, PADDED, SAMPLES, made, read, sound

LOSSLESS = [name for name in KINDS if name.split("-")[0] in ("wav", "w64", "aiff", "au", "flac")]
BARE = {"mp2", "mp3-bare", "aac"}  # nothing but frames
UNKNOWABLE = {"tta": 64}  # bytes at the end without which all samples are there


@pytest.mark.parametrize("name", KINDS)
def test_all_samples_are_read_and_no_more(name: str, tmp_path: Path) -> None:
    assert len(read(made(name), tmp_path)) == PADDED.get(name, SAMPLES)


@pytest.mark.parametrize("name", [*LOSSLESS, "ogg-flac", "m4a-alac", "caf-alac", "mkv"])
def test_samples_are_the_ones_encoded(name: str, tmp_path: Path) -> None:
    found = read(made(name), tmp_path)
    np.testing.assert_allclose(found, sound().mean(axis=1), rtol=0, atol=1.01 / 32768)


@pytest.mark.parametrize("name", KINDS)
def test_a_file_cut_anywhere_is_refused(name: str, tmp_path: Path) -> None:
    data, rng = made(name), random.Random(name)
    ends = {len(data) - 1, len(data) - 2, len(data) - 10, len(data) // 2, 60}
    ends |= {rng.randrange(60, len(data)) for _ in range(15)}
    for end in sorted(ends):
        if name in BARE and _is_whole(data[:end], tmp_path):
            end -= 1  # between two frames: nothing can tell
        if end < len(data) - UNKNOWABLE.get(name, 0):
            with pytest.raises(DataError, match="cut short"):
                read(data[:end], tmp_path)


def _is_whole(data: bytes, folder: Path) -> bool:
    try:
        return len(read(data, folder)) > 0
    except DataError:
        return False


@pytest.mark.parametrize(
    "name", ["wav", "wav-24", "rf64", "w64", "aiff", "au", "caf", "flac", "ogg-flac", "webm", "wma"]
)
def test_what_is_written_to_a_pipe_is_read_to_its_end(name: str, tmp_path: Path) -> None:
    expected = PADDED.get(name, SAMPLES)
    assert len(read(made(name, piped=True), tmp_path)) == expected


@pytest.mark.parametrize(
    "size",
    [0, 0x7FFFF000, 0x7FFFFFF0, 0x7FFFFFFF, 0x7FFFFFD3, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF],
)
@pytest.mark.parametrize("riff", [None, 0, 0xFFFFFFFF])
def test_every_spelling_of_unknown_is_understood(size: int, riff: int | None, tmp_path) -> None:
    for name in ("wav", "wav-24"):
        data = bytearray(made(name))
        at = data.index(b"data")
        frame = struct.unpack("<H", data[32:34])[0]
        for written in {size, size // frame * frame}:
            data[at + 4 : at + 8] = struct.pack("<I", written)
            if riff is not None:
                data[4:8] = struct.pack("<I", riff)
            assert len(read(bytes(data), tmp_path)) == SAMPLES


@pytest.mark.parametrize("size", [0x10000000, 0x12345678, 0x70000000, 0x90000000, 0xF0000000])
def test_other_sizes_that_are_too_large_are_promises(size: int, tmp_path: Path) -> None:
    data = bytearray(made("wav"))
    at = data.index(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", size)
    with pytest.raises(DataError, match=f"cut short: its header promises {size} bytes"):
        read(bytes(data), tmp_path)


def test_chunks_around_the_samples_are_no_sound(tmp_path: Path) -> None:
    data = made("wav")
    at = data.index(b"data")
    odd = b"odd " + struct.pack("<I", 3) + b"abc\0"
    listed = b"LIST" + struct.pack("<I", 4) + b"INFO"
    assert len(read(data[:at] + odd + data[at:] + listed + odd, tmp_path)) == SAMPLES
    half = bytearray(data + listed)
    half[at + 4 : at + 8] = struct.pack("<I", 4 * (SAMPLES // 2))
    with pytest.raises(DataError, match="bytes follow its samples"):
        read(bytes(half), tmp_path)
    assert len(read(data + b"TAG" + bytes(125), tmp_path)) == SAMPLES


def test_no_samples_are_no_recording_though_chunks_follow(tmp_path: Path) -> None:
    data = bytearray(made("wav"))
    at = data.index(b"data")
    data[at + 4 : at + 8] = bytes(4)
    with pytest.raises(DataError, match="holds no samples"):
        read(bytes(data[: at + 8]) + b"LIST" + struct.pack("<I", 4) + b"INFO", tmp_path)


@pytest.mark.parametrize(
    "name", ["ogg-vorbis", "ogg-opus", "ogg-flac", "mp3", "mp3-snd", "flac", "mp3-bare"]
)
def test_files_that_were_joined_are_read_one_after_the_other(name: str, tmp_path: Path) -> None:
    once = read(made(name), tmp_path)
    twice = read(made(name) * 2, tmp_path)
    assert len(twice) == 2 * len(once)
    if name != "mp3-bare":  # which no encoder's table divides: the decoder runs on
        np.testing.assert_array_equal(twice, np.concatenate([once, once]))


def test_joined_files_of_two_rates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="changes from 44100 to 48000 Hz"):
        read(made("ogg-vorbis") + made("ogg-opus"), tmp_path)


def test_tags_around_frames_are_no_frames(tmp_path: Path) -> None:
    data = made("mp3-snd")
    id3 = b"ID3\x04\0\0" + bytes([0, 0, 1, 0]) + bytes(128)
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)
    tail = ape + b"TAG" + bytes(125)
    assert len(read(id3 + data + tail, tmp_path)) == SAMPLES


def test_a_page_lost_or_changed_is_noticed(tmp_path: Path) -> None:
    data = made("ogg-vorbis", samples=200_000)
    (tmp_path / "a.ogg").write_bytes(data)
    with Source(tmp_path / "a.ogg", "a") as source:
        places = [page.begin for page in pages(source)]
    with pytest.raises(DataError, match="pages are missing"):
        read(data[: places[4]] + data[places[5] :], tmp_path)
    changed = bytearray(data)
    changed[places[4] + 500] ^= 1
    with pytest.raises(DataError, match="check sum"):
        read(bytes(changed), tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfea\0b\0" * 200, b"\x0b\x77" + bytes(900), b"ID3"])
def test_what_is_no_recording_that_is_read_is_said(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no recording of a known format|is AC-3"):
        read(content, tmp_path)


@pytest.mark.parametrize("ending", ["raw", "sd2", "vox", "txt", "mp3", ""])
def test_a_name_tells_nothing(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(made("wav"))
    with opened(path) as recording:
        assert sum(map(len, recording.mono())) == SAMPLES


def test_messages_call_a_recording_as_they_are_told(tmp_path: Path) -> None:
    (tmp_path / "hidden").write_bytes(made("wav")[:-9])
    with (
        pytest.raises(DataError, match="standard input is cut short"),
        opened(tmp_path / "hidden", "standard input"),
    ):
        pass
