"""Recordings from pipes, as they come: plain WAV, and samples without a header.

Anything else, and WAV that is not plain, is for `recording`, which needs a file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from spiking_music.audio.containers.riff import EXTENSIBLE, PCM
from spiking_music.audio.containers.unknown import is_spare, means_unknown
from spiking_music.audio.mixing import Mixer
from spiking_music.audio.recording import RATES
from spiking_music.errors import DataError

FLOAT = 3
FORMATS = {"u8": (1, PCM), "s16": (2, PCM), "s24": (3, PCM), "s32": (4, PCM), "f32": (4, FLOAT)}
LONGEST_HEAD = 2**16  # bytes before the samples: beyond, the file is not plain
PIECE = 2**16  # bytes a read, at most
LONGEST_TAIL = 2**24  # bytes behind the samples


@dataclass(frozen=True)
class Raw:
    """Samples without a header: rate (Hz), channels, and one of `FORMATS`, little-endian."""

    rate: int
    channels: int = 1
    format: str = "s16"


def parse_raw(text: str) -> Raw:
    """RATE[:CHANNELS[:FORMAT]]; `DataError` for anything else."""
    rate, channels, format, *more = [*text.split(":"), *("1", "s16")[text.count(":") :]]
    if more:
        raise DataError(f"'{text}' is no RATE:CHANNELS:FORMAT: give 44100:2:s16, say")
    if not (rate.isdecimal() and int(rate) in RATES):
        raise DataError(f"'{text}' has no sample rate from 1 to 768 kHz: give 44100:2:s16, say")
    if not (channels.isdecimal() and 1 <= int(channels) <= 64) or format not in FORMATS:
        known = ", ".join(FORMATS)
        raise DataError(
            f"'{text}' is no RATE:CHANNELS:FORMAT, of 1 to 64 channels and one of {known}"
        )
    return Raw(int(rate), int(channels), format)


class LiveRecording:
    """As `recording.Recording`, of a pipe that gives samples; `frames` is None if it is open."""

    joined, live = 1, True

    def __init__(
        self,
        pipe: BinaryIO,
        label: str,
        raw: Raw,
        begun: bytes = b"",
        size: int | None = None,
        spare: int = 0,
    ) -> None:
        """begun: samples that were read with the header. size: bytes of samples, if told.

        spare: bytes behind the last frame that may be there, as the pad byte of a WAV is.
        """
        self.rate, self.channels = raw.rate, raw.channels
        self._width, self._tag = FORMATS[raw.format]
        self._frame = self._width * raw.channels
        self._pipe, self._label, self._begun, self._size = pipe, label, begun, size
        self._spare = spare
        self.frames = None if size is None else size // self._frame

    def mono(self) -> Iterator[NDArray[np.float32]]:
        """The samples once, (n,) at `rate`, full scale = 1, as soon as they are there."""
        dtype = np.dtype(np.float32 if self._tag == FLOAT or self._width > 2 else np.int16)
        mixer, rest, left, there = Mixer(self.channels, dtype), b"", self._size, 0
        for data in self._pieces():
            taken = data if left is None else data[:left]
            left = None if left is None else left - len(taken)
            whole = rest + taken
            end = len(whole) // self._frame * self._frame
            rest = whole[end:]
            if end:
                there += end
                yield self._finite(mixer(self._samples(whole[:end])))
            if left == 0:
                self._check_tail(data[len(taken) :])
                break
        if left:
            raise DataError(
                f"{self._label} is cut short: its header promises {self._size} bytes and "
                f"{there + len(rest)} are there; copy or download it again"
            )
        if len(rest) > self._spare:
            raise DataError(f"{self._label} ends within a frame: bytes left over are {len(rest)}")
        if not there:
            raise DataError(f"{self._label} holds no samples")

    def _pieces(self) -> Iterator[bytes]:
        if self._begun:
            yield self._begun
        while data := read_some(self._pipe):
            yield data

    def _samples(self, data: bytes) -> NDArray:
        """Frames (n, channels) of 16-bit integers or floats, as libsndfile decodes them."""
        if self._tag == FLOAT:
            return np.frombuffer(data, "<f4").reshape(-1, self.channels)
        if self._width == 1:
            eight = np.frombuffer(data, np.uint8).astype(np.int16)
            return ((eight - 128) << 8).reshape(-1, self.channels)
        if self._width == 2:
            return np.frombuffer(data, "<i2").reshape(-1, self.channels)
        wide = np.zeros((len(data) // self._width, 4), np.uint8)
        wide[:, 4 - self._width :] = np.frombuffer(data, np.uint8).reshape(-1, self._width)
        return wide.view("<i4").reshape(-1, self.channels).astype(np.float32) / np.float32(2**31)

    def _finite(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if not np.isfinite(block).all():
            raise DataError(f"{self._label} holds NaN or infinite samples: export it again")
        return block

    def _check_tail(self, begun: bytes) -> None:
        """`DataError` where what follows the samples may be more of them."""
        data = bytearray(begun)
        while len(data) <= LONGEST_TAIL and (piece := read_some(self._pipe)):
            data += piece
        tail = _Tail(bytes(data[1:] if data[:1] == b"\0" else data))
        if len(data) > LONGEST_TAIL or not is_spare(tail, 0):  # type: ignore[arg-type]
            raise DataError(
                f"{self._label} goes on behind its samples with what may be more: save it to a file"
            )


def live_wav(pipe: BinaryIO, label: str) -> tuple[LiveRecording | None, bytes]:
    """The recording that a pipe gives, or None where that is no plain WAV, and what was read."""
    head = _more(pipe, b"", 12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None, head
    place, raw = 12, None
    while place < LONGEST_HEAD:
        head = _more(pipe, head, place + 8)
        name, size = head[place : place + 4], int.from_bytes(head[place + 4 : place + 8], "little")
        place += 8
        if name == b"data" and raw is not None:
            frame = FORMATS[raw.format][0] * raw.channels
            unknown = means_unknown(size, frame)
            if not unknown and size % frame:
                return None, head
            told = None if unknown else size
            return LiveRecording(pipe, label, raw, head[place:], told, spare=1), head
        if name == b"data" or size > LONGEST_HEAD or len(head) < place:
            return None, head
        head = _more(pipe, head, place + size + size % 2)
        if name == b"fmt ":
            raw = _plain(head[place : place + size])
            if raw is None:
                return None, head
        place += size + size % 2
    return None, head


def read_some(pipe: BinaryIO) -> bytes:
    """What a pipe has, at least a byte; empty at its end."""
    read = getattr(pipe, "read1", pipe.read)
    data: bytes = read(PIECE)
    return data


def _more(pipe: BinaryIO, head: bytes, size: int) -> bytes:
    """At least `size` bytes, those of `head` first, or all there are."""
    while len(head) < size and (piece := read_some(pipe)):
        head += piece
    return head


def _plain(layout: bytes) -> Raw | None:
    """What `fmt ` says, if it is one of `FORMATS`."""
    if len(layout) < 16:
        return None
    tag, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", layout[:16])
    if tag == EXTENSIBLE:
        tag = int.from_bytes(layout[24:26], "little")
    for name, (width, kind) in FORMATS.items():
        if (tag, bits, frame) == (kind, 8 * width, width * channels) and channels:
            return Raw(rate, channels, name) if rate in RATES and channels <= 64 else None
    return None


class _Tail:
    """Bytes in memory, as `Source` has them."""

    def __init__(self, data: bytes) -> None:
        self._data, self.size = data, len(data)

    def at(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]
