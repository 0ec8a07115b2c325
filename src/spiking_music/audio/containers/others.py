"""Containers that few programs write: WavPack, TTA, NIST, AVR, VOC, and those without a length."""

import re
import struct

from spiking_music.audio.containers.tags import tag_size, zeros
from spiking_music.audio.source import Part, Source

INITIAL = 0x800  # flag of the first of the blocks that hold channels of the same samples
NIST_FRAMES = re.compile(rb"sample_count -i (\d+)")


def wavpack_parts(source: Source) -> list[Part]:
    """All samples of the blocks; `DataError` where a block is cut or there are too few."""
    place, promised, frames = 0, None, 0
    while place < source.size:
        head = source.at(place, 32)
        if step := _tag(source, place):
            place += step
            continue
        if head[:4] != b"wvpk":
            raise source.damaged(f"there is no block at byte {place}")
        size = struct.unpack("<I", head[4:8].ljust(4, b"\0"))[0] + 8
        if len(head) < 32 or place + size > source.size:
            raise source.cut("it ends within a block")
        total, _, samples, flags = struct.unpack("<IIII", head[12:28])
        if promised is None:
            promised = None if total == 0xFFFFFFFF else total | head[11] << 32
        frames += samples if flags & INITIAL else 0
        place += size
    if promised and frames < promised:
        raise source.cut_short(promised, frames, "frames")
    return [Part(0, source.size, "wv", frames)]


def _tag(source: Source, place: int) -> int:
    rest = source.at(place, 2**16)
    return tag_size(rest, 0) or zeros(rest, 0)


def tta_parts(source: Source, begin: int) -> list[Part]:
    """As many samples as the header says."""
    head = source.at(begin, 22)
    if len(head) < 22:
        raise source.cut("it ends within its header")
    return [Part(0, source.size, "tta", struct.unpack("<I", head[14:18])[0])]


def nist_parts(source: Source) -> list[Part]:
    """A NIST Sphere file."""
    found = NIST_FRAMES.search(source.at(0, 1024))
    return [Part(0, source.size, None, int(found[1]) if found else None)]


def avr_parts(source: Source) -> list[Part]:
    """An Audio Visual Research file."""
    return [Part(0, source.size, None, int.from_bytes(source.at(26, 4)))]


def voc_parts(source: Source) -> list[Part]:
    """A Creative Voice file, blocks of a type and a size that end with a block of type 0."""
    place = int.from_bytes(source.at(20, 2), "little")
    while (head := source.at(place, 4))[:1] != b"\0":
        size = int.from_bytes(head[1:], "little")
        if len(head) < 4 or place + 4 + size > source.size:
            raise source.cut("it ends within a block")
        place += 4 + size
    return [Part(0, source.size)]


def endless_parts(source: Source) -> list[Part]:
    """A container that says nowhere how long it is: IRCAM, PVF or PAF."""
    return [Part(0, source.size)]
