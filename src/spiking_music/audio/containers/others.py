"""Containers that few programs write: WavPack, TTA, NIST, AVR, VOC, and those without a length."""

import re
import struct

from spiking_music.audio.containers.tags import tag_size, zeros
from spiking_music.audio.containers.unknown import is_spare
from spiking_music.audio.source import Part, Source

INITIAL = 0x800  # flag of the first of the blocks that hold channels of the same samples
NIST_FRAMES = re.compile(rb"sample_count -i (\d+)")


def wavpack_parts(source: Source) -> list[Part]:
    """All samples of the blocks; `DataError` where a block is cut or there are too few."""
    place, promised, frames, end = 0, None, 0, source.size
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
        end = place
    if place > source.size:
        raise source.cut("it ends within a tag")
    if promised and frames < promised:
        raise source.cut_short(promised, frames, "frames")
    return [Part(0, end, "wv", frames)]  # FFmpeg takes tags for blocks


def _tag(source: Source, place: int) -> int:
    rest = source.at(place, 2**16)
    return tag_size(rest, 0) or zeros(rest, 0)


def tta_parts(source: Source, begin: int) -> list[Part]:
    """As many samples as the header says, in blocks whose sizes follow it."""
    head = source.at(begin, 22)
    if len(head) < 22:
        raise source.cut("it ends within its header")
    rate, frames = struct.unpack("<II", head[10:18])
    blocks = -(-frames // max(1, 256 * rate // 245))
    table = source.at(begin + 22, 4 * blocks) if 4 * blocks < source.size else b""
    if len(table) < 4 * blocks:
        raise source.cut("it ends within its header")
    end = begin + 22 + 4 * blocks + 4 + sum(size for (size,) in struct.iter_unpack("<I", table))
    if end > source.size:
        raise source.cut_short(end, source.size)
    if not is_spare(source, end):
        raise source.unusable(f"something else follows at byte {end}; split it")
    return [Part(0, source.size, "tta", frames)]


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
    if not is_spare(source, place + 1):
        raise source.unusable(f"something else follows at byte {place + 1}; split it")
    return [Part(0, source.size)]


def endless_parts(source: Source) -> list[Part]:
    """A container that says nowhere how long it is: IRCAM, PVF or PAF."""
    return [Part(0, source.size)]
