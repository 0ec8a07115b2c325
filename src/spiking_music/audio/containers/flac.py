"""FLAC, whose header may not know its length, or tell a wrong one, and which may be joined."""

import functools
import mmap
import re

from spiking_music.audio.containers.tags import tag_size
from spiking_music.audio.source import Part, Source

START = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
SYNC = re.compile(rb"\xff[\xf8\xf9]")
LARGEST_FRAME = 2**18  # bytes that are searched for the last frame; most have 2^14 at most
LARGEST_TAG = 2**20


def flac_parts(source: Source, begin: int) -> list[Part]:
    """A part for each FLAC stream of the file, of which all but the first were appended."""
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts = [found.start() for found in START.finditer(data, begin)]
        if not starts or starts[0] != begin:
            raise source.damaged("it has no STREAMINFO")
        ends = [*starts[1:], source.size]
        return [
            _part(source, data, start, _behind_frames(data, start, end), whole=len(starts) == 1)
            for start, end in zip(starts, ends, strict=True)
        ]


def _part(source: Source, data: mmap.mmap, begin: int, end: int, whole: bool) -> Part:
    info = data[begin + 8 : begin + 42]
    if len(info) < 34:
        raise source.cut("it ends within its header")
    frames = int.from_bytes(info[13:18]) & (1 << 36) - 1
    if frames == 0 or frames < _counted(data, begin + 42, end, int.from_bytes(info[2:4])):
        return Part(begin, end, "flac")  # libsndfile would read as far as the header says
    return Part(0 if whole else begin, end, None, frames)


def _behind_frames(data: mmap.mmap, begin: int, end: int) -> int:
    """Where the tags begin that follow the frames, before `end`."""
    while True:
        footer = data[max(begin, end - 32) : end]
        id3 = data.rfind(b"ID3", max(begin, end - LARGEST_TAG), end)
        if data[max(begin, end - 128) : end].startswith(b"TAG"):
            end -= 128
        elif footer.startswith(b"APETAGEX"):
            header = 32 * (footer[23] >> 7)
            end = max(begin, end - int.from_bytes(footer[12:16], "little") - header)
        elif id3 >= 0 and id3 + tag_size(data, id3) == end:
            end = id3
        else:
            return end


def _counted(data: mmap.mmap, begin: int, end: int, block: int) -> int:
    """The sample behind the last frame by that frame's own number; 0 where none is found.

    `block`: samples of all frames but the last.
    """
    search = max(begin, end - LARGEST_FRAME)
    tail = data[search:end]
    for found in reversed(list(SYNC.finditer(tail))):
        frame = tail[found.start() :]
        head = _header(frame, block)
        if head is not None and remainder(frame, 0x8005, 16) == 0:
            return head
    return 0


def _header(frame: bytes, block: int) -> int | None:
    """The sample behind a frame, None where its header is none."""
    ones = 8 - (~frame[4] & 0xFF).bit_length() if len(frame) > 16 else 8
    if ones in (1, 8) or frame[3] & 1:
        return None
    at = 4 + max(1, ones)
    number = frame[4] & 0x7F >> ones
    for byte in frame[5:at]:
        number = number << 6 | byte & 0x3F
    code, rate = frame[2] >> 4, frame[2] & 15
    sizes = {1: 192, **{n: 144 << n for n in range(2, 6)}, **{n: 1 << n for n in range(8, 16)}}
    extra = {6: 1, 7: 2}.get(code, 0)
    samples = int.from_bytes(frame[at : at + extra]) + 1 if extra else sizes.get(code, 0)
    at += extra + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if not samples or remainder(frame[: at + 1], 0x07, 8):
        return None
    return (number if frame[1] & 1 else number * block) + samples


def remainder(data: bytes, polynomial: int, bits: int) -> int:
    """The cyclic redundancy check of FLAC: 0 where the check sum of `data` ends it."""
    check, mask, table = 0, (1 << bits) - 1, _remainders(polynomial, bits)
    for byte in data:
        check = (check << 8 & mask) ^ table[check >> bits - 8 ^ byte]
    return check


@functools.cache
def _remainders(polynomial: int, bits: int) -> list[int]:
    """What each byte adds to the check."""
    top, mask = 1 << bits - 1, (1 << bits) - 1
    table = []
    for byte in range(256):
        value = byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & top else 0)) & mask
        table.append(value)
    return table
