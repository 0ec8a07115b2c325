"""MP3 and its elders: frame by frame, as most of these files say nowhere how long they are.

A first frame that holds a table instead of sound (Xing, Info or VBRI) says how many follow, and
LAME's how many samples the encoder added at both ends. Files that were joined have one for each.
"""

import mmap
import struct
from dataclasses import dataclass
from functools import lru_cache

from spiking_music.audio.containers.tags import tag_size, zeros
from spiking_music.audio.source import Part, Source

KBPS = {  # (MPEG-1, layer)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
DELAY = 529  # samples that a decoder of layer III lags behind


@dataclass(frozen=True)
class Frame:
    """What the four bytes of a header say; `kind` stays the same within one stream."""

    size: int
    samples: int
    kind: tuple[int, int, int, bool]  # version, layer, rate, mono


@dataclass
class Link:
    """Frames of one stream: where, how many there are, and what its table promises."""

    begin: int
    kind: tuple[int, int, int, bool]
    samples: int = 0  # in each frame
    frames: int = 0
    promised: int | None = None
    added: tuple[int, int] | None = None
    end: int = 0


@lru_cache(maxsize=4096)
def header(word: int) -> Frame | None:
    """The frame that starts with these 32 bits, None where they are no header."""
    version, layer = word >> 19 & 3, 4 - (word >> 17 & 3)
    rate, kbps = word >> 10 & 3, word >> 12 & 15
    if word >> 21 != 0x7FF or version == 1 or layer == 4 or rate == 3 or kbps in (0, 15):
        return None
    first = version == 3
    hertz, bits = RATES[version][rate], KBPS[first, layer][kbps - 1] * 1000
    padding = word >> 9 & 1
    if layer == 1:
        size, samples = (12 * bits // hertz + padding) * 4, 384
    else:
        samples = 1152 if first or layer == 2 else 576
        size = samples // 8 * bits // hertz + padding
    return Frame(size, samples, (version, layer, hertz, word >> 6 & 3 == 3))


def is_mpeg(source: Source) -> bool:
    """Whether two frames lie one behind the other where the tags end, or one up to the end."""
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place = _behind_tags(data, 0)
        frame = header(int.from_bytes(data[place : place + 4]))
        if frame is None or place + 4 > len(data):
            return False
        after = place + frame.size
        follower = header(int.from_bytes(data[after : after + 4]))
        return (
            after >= len(data)
            or (follower is not None and follower.kind[:3] == frame.kind[:3])
            or after + 4 > len(data)
            or tag_size(data, after) > 0
        )


def mpeg_parts(source: Source) -> list[Part]:
    """A part for each stream of the file; `DataError` where frames are damaged, missing or cut."""
    with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return [_part(source, link) for link in _links(source, data)]


def _links(source: Source, data: mmap.mmap) -> list[Link]:
    links: list[Link] = []
    place, size, fresh = 0, len(data), True
    while (behind := _behind_tags(data, place)) < size:
        fresh, place = fresh or behind > place, behind
        frame = header(int.from_bytes(data[place : place + 4]))
        if frame is None:
            left = data[place : place + 4]
            if len(left) < 4 and left[0] == 0xFF:
                raise source.cut("it ends within a frame")
            raise source.damaged(f"there is no frame at byte {place}")
        if place + frame.size > size:
            raise source.cut(f"its last frame has {size - place} of {frame.size} bytes")
        table = _table(data[place : place + frame.size], frame)
        last = links[-1] if links else None
        full = last is not None and last.frames == last.promised
        if last is None or fresh or table is not None or full or frame.kind != last.kind:
            last = Link(place, frame.kind, frame.samples)
            links.append(last)
        if table is None:
            last.frames += 1
        else:
            last.promised, last.added = table
        place += frame.size
        last.end, fresh = place, False
    if behind > size:
        raise source.cut_short(behind, size)
    if not links:
        raise source.damaged("it has no frames")
    return links


def _part(source: Source, link: Link) -> Part:
    if link.promised is None:  # FFmpeg may trim what LAME added, at the start alone
        frames = link.frames * link.samples if link.added is None else None
        return Part(link.begin, link.end, "mp3", frames)
    if link.frames < link.promised:
        raise source.cut_short(link.promised, link.frames, "frames")
    samples = link.frames * link.samples
    if link.added is None:  # where libsndfile trims by numbers that stand there by chance
        return Part(link.begin, link.end, "mp3", samples)
    start, end = link.added
    samples -= start + DELAY + max(0, end - DELAY)
    whole = link.begin == 0 and link.end == source.size
    return Part(0 if whole else link.begin, link.end, None, max(0, samples))


def _behind_tags(data: mmap.mmap, place: int) -> int:
    while step := tag_size(data, place) or zeros(data, place):
        place += step
    return place


def _table(data: bytes, frame: Frame) -> tuple[int | None, tuple[int, int] | None] | None:
    """(frames promised, samples added) of a frame that is a table; None where it is sound."""
    version, layer, _, mono = frame.kind
    if layer != 3:
        return None
    if data[36:40] == b"VBRI":
        return int.from_bytes(data[50:54]) or None, None
    at = {(True, False): 36, (True, True): 21, (False, False): 21, (False, True): 13}[
        version == 3, mono
    ]
    if data[at + 2 : at + 6] in (b"Xing", b"Info") and not data[1] & 1:
        at += 2  # the frame has a check sum
    if data[at : at + 4] not in (b"Xing", b"Info") or len(data) < at + 8:
        return None
    (flags,) = struct.unpack(">I", data[at + 4 : at + 8])
    promised = int.from_bytes(data[at + 8 : at + 12]) or None if flags & 1 else None
    at += 8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2
    if data[at : at + 4] not in (b"LAME", b"Lavf", b"Lavc", b"L3.9") or len(data) < at + 24:
        return promised, None
    both = int.from_bytes(data[at + 21 : at + 24])
    return promised, (both >> 12, both & 0xFFF)
