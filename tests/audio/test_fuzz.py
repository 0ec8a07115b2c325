"""Damaged bytes: never an exception but `DataError`, and never fewer samples in silence.

The oracle is a reader of WAV and AIFF of its own below, and FFmpeg for other containers.
"""

import contextlib
import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiking_music.errors import DataError
from tests.audio.making import made, read

FUZZED = ["wav", "wav-float", "aiff", "flac", "ogg-vorbis", "ogg-opus", "mp3", "mp3-bare", "w64"]
NUMBERS = [b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"]
BOUNDED = settings(
    max_examples=60, deadline=5000, derandomize=True, suppress_health_check=list(HealthCheck)
)


@st.composite
def damaged(draw: st.DrawFn, name: str) -> bytes:
    """The file of a kind with bytes changed, cut out, repeated or put in."""
    data = bytearray(made(name, samples=6000))
    head = st.integers(0, min(len(data) - 5, 150))
    anywhere = st.integers(0, len(data) - 5)
    for _ in range(draw(st.integers(1, 3))):
        place = min(draw(st.one_of(head, anywhere)), len(data) - 1)
        end = min(len(data), place + draw(st.integers(1, 2000)))
        match draw(st.sampled_from(["byte", "number", "cut", "repeat", "short", "append"])):
            case "byte":
                data[place] = draw(st.integers(0, 255))
            case "number":
                data[place : place + 4] = draw(st.sampled_from(NUMBERS))
            case "cut":
                del data[place:end]
            case "repeat":
                data[place:place] = data[place:end]
            case "short":
                del data[end:]
            case "append":
                data += data[place:end]
        if not data:
            return b""
    return bytes(data)


@pytest.mark.parametrize("name", FUZZED)
def test_damage_is_an_error_or_costs_no_samples(name: str, tmp_path: Path) -> None:
    @BOUNDED
    @given(damaged(name))
    def run(data: bytes) -> None:
        try:
            found = len(read(data, tmp_path))
        except DataError as error:
            assert "\n" not in str(error)
        else:
            assert found >= expected(data)

    run()


def expected(data: bytes) -> int:
    """Samples a channel by a reader that shares nothing with the package's."""
    if data[:4] == b"RIFF":
        return wav_frames(data)
    if data[:4] == b"FORM":
        return aiff_frames(data)
    if data[:4] == b"fLaC" and (total := int.from_bytes(data[21:26]) & 2**36 - 1):
        return total
    frames = 0
    try:
        with av.open(io.BytesIO(data)) as container:
            for frame in container.decode(container.streams.audio[0]):
                frames += frame.samples
    except (av.FFmpegError, IndexError, ValueError):
        return 0  # a file that FFmpeg refuses, too
    if data[:4] == b"OggS":
        return 0  # FFmpeg does not trim the links of a chain
    return frames - 3 * 1152  # what an encoder of MP3 added, should FFmpeg overlook its table


def wav_frames(data: bytes) -> int:
    place, frame = 12, 1
    while place + 8 <= len(data):
        name, size = struct.unpack("<4sI", data[place : place + 8])
        if name == b"fmt ":
            channels, _, _, _, bits = struct.unpack("<HIIHH", data[place + 10 : place + 24])
            frame = max(1, channels * -(-bits // 8))
        if name == b"data":
            return min(size, len(data) - place - 8) // frame
        place += 8 + size + size % 2
    return 0


def aiff_frames(data: bytes) -> int:
    place, found, frames, frame = 12, 0, 0, 1
    while place + 8 <= len(data):
        name, size = struct.unpack(">4sI", data[place : place + 8])
        if name == b"COMM":
            channels, frames, bits = struct.unpack(">HIH", data[place + 8 : place + 16])
            frame = max(1, channels * -(-bits // 8))
        if name == b"SSND" and not found:
            (offset,) = struct.unpack(">I", data[place + 8 : place + 12])
            found = max(0, min(size - 8, len(data) - place - 16) - offset)
        place += 8 + size + size % 2
    return min(frames, found // frame)


@pytest.mark.parametrize("name", ["wav", "aiff", "au", "caf", "flac", "mp3", "w64", "m4a", "webm"])
def test_huge_promises_take_no_memory(name: str, tmp_path: Path) -> None:
    data = bytearray(made(name, samples=6000))
    for place in range(0, min(200, len(data) - 8), 3):
        changed = bytes(data[:place]) + b"\x7f" + b"\xff" * 7 + bytes(data[place + 8 :])
        with contextlib.suppress(DataError):
            assert np.isfinite(read(changed, tmp_path)).all()
