"""AAC as a bare sequence of frames (ADTS)."""

import mmap

from spiking_music.audio.containers.tags import tag_size, zeros
from spiking_music.audio.source import Part, Source

SYNC = (0xFFF0, 0xFFF6)  # the bits that are the same in all frames, and which of them


def is_adts(source: Source, begin: int) -> bool:
    """Whether a frame of AAC lies at `begin`, and another or the end behind it."""
    head = source.at(begin, 7)
    if len(head) < 7 or not _starts(head) or (size := _size(head)) < 7:
        return False
    after = source.at(begin + size, 2)
    return len(after) < 2 or _starts(after) or after == b"TA"


def adts_parts(source: Source) -> list[Part]:
    """The frames, of 1024 samples at least; `DataError` where one is damaged or cut."""
    frames, place = 0, 0
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while place < len(data):
            if step := tag_size(data, place) or zeros(data, place):
                place += step
                continue
            head = data[place : place + 7]
            if len(head) < 7 and head[:1] == b"\xff":
                raise source.cut("it ends within a frame")
            if not _starts(head) or _size(head) < 7:
                raise source.damaged(f"there is no frame at byte {place}")
            place += _size(head)
            frames += 1 + (head[6] & 3)
        if place > len(data):
            raise source.cut("it ends within a frame")
    return [Part(0, source.size, "aac", 1024 * frames)]


def _starts(head: bytes) -> bool:
    return len(head) >= 2 and int.from_bytes(head[:2]) & SYNC[1] | 0xF000 == SYNC[0] | 0xF000


def _size(head: bytes) -> int:
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
