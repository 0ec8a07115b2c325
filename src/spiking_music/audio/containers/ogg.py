"""Ogg: pages with check sums; streams that follow each other in a file are read one by one."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from spiking_music.audio.source import Part, Patch, Source

BEGINS, ENDS = 2, 4  # flags of a page
UNSET = -1  # in place of a time, where no packet ends on a page
RATE = 12  # offset of the rate in the head of Opus
VORBIS, OPUS, FLAC, SPEEX = b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   "
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    begin: int
    flags: int
    granule: int
    serial: int
    number: int
    payload: bytes


@dataclass
class Link:
    """Streams that run side by side from `begin` on: their codecs, and their last pages."""

    begin: int
    codecs: dict[int, bytes] = field(default_factory=dict)
    last: dict[int, Page] = field(default_factory=dict)


def ogg_parts(source: Source) -> list[Part]:
    """A part for each link of the chain; `DataError` where a page is damaged, missing or cut."""
    links: list[Link] = []
    opening = False
    for page in pages(source):
        if page.flags & BEGINS:
            if not opening:
                links.append(Link(page.begin))
            links[-1].codecs[page.serial] = page.payload[:8]
        elif not links or page.serial not in links[-1].codecs:
            raise source.damaged(f"a page at byte {page.begin} belongs to no stream")
        elif page.number != links[-1].last[page.serial].number + 1:
            raise source.damaged(f"pages are missing before byte {page.begin}")
        opening = bool(page.flags & BEGINS)
        links[-1].last[page.serial] = page
    ends = [link.begin for link in links[1:]] + [source.size]
    return [_part(source, link, end) for link, end in zip(links, ends, strict=True)]


def _part(source: Source, link: Link, end: int) -> Part:
    sound = [
        serial
        for serial, head in link.codecs.items()
        if head.startswith((VORBIS, OPUS, FLAC, SPEEX))
    ]
    if not sound:
        raise source.unusable("its Ogg streams are no Vorbis, Opus, FLAC or Speex")
    head, last = link.codecs[sound[0]], link.last[sound[0]]
    if not last.flags & ENDS:
        raise source.cut("its last page is missing")
    if last.granule == UNSET and last.payload:
        raise source.cut("no packet ends on its last page")
    if len(link.codecs) == 1 and head.startswith((VORBIS, OPUS)):
        return Part(link.begin, end, patches=_rated(source, link.begin, head))
    return Part(link.begin, end, "ogg", last.granule if head.startswith(FLAC) else None)


def _rated(source: Source, begin: int, head: bytes) -> tuple[Patch, ...]:
    """The rate of 48 kHz for Opus that tells none, which libsndfile would decode at 8 kHz."""
    size = 27 + source.at(begin + 26, 1)[0]
    page = bytearray(source.at(begin, size))
    page += source.at(begin + size, sum(page[27:]))
    at = size + RATE
    if not head.startswith(OPUS) or page[at : at + 4] != bytes(4):
        return ()
    rate = struct.pack("<I", 48_000)
    page[at : at + 4] = rate
    page[22:26] = bytes(4)
    return (Patch(begin + at, rate), Patch(begin + 22, struct.pack("<I", check_sum(bytes(page)))))


def pages(source: Source) -> Iterator[Page]:
    """All pages; `DataError` where bytes are no page, a check sum is wrong or a page is cut."""
    place = 0
    while place < source.size:
        header = source.at(place, 27)
        if not header.startswith(b"OggS"[: len(header)]):
            if not source.at(place, 2**16).strip(b"\0"):
                return
            raise source.damaged(f"there is no Ogg page at byte {place}")
        table = source.at(place + 27, header[26]) if len(header) == 27 else b""
        size = 27 + len(table) + sum(table)
        if len(header) < 27 or len(table) < header[26] or place + size > source.size:
            raise source.cut("it ends within a page")
        content = source.at(place, size)
        _, _, flags, granule, serial, number, check = struct.unpack("<4sBBqIII", content[:26])
        if check_sum(content[:22] + bytes(4) + content[26:]) != check:
            raise source.damaged(f"the check sum of the page at byte {place} is wrong")
        yield Page(place, flags, granule, serial, number, content[27 + len(table) :])
        place += size


def check_sum(page: bytes) -> int:
    """Ogg's CRC: zlib's polynomial with all bits the other way round, and no inversions."""
    reflected = zlib.crc32(page.translate(REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
