"""Matroska, WebM and ASF (WMA): nested elements whose sizes may be unknown."""

import struct

from spiking_music.audio.source import Part, Source

START, SEGMENT, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
ASF_START = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FACTS = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
ASF_LAST = b"$E"  # what FFmpeg writes behind the last packet
BROADCAST = 1  # flag: written to a pipe, sizes are not known


def matroska_parts(source: Source) -> list[Part]:
    """The first track of sound, of each file if several were joined.

    Raises `DataError` where an element is cut.

    Segments and clusters of unknown size are entered; whatever else there is has a size.
    """
    place = 0
    starts: list[int] = []
    while place < source.size:
        head = source.at(place, 12)
        if starts and not source.at(place, 2**16).strip(b"\0"):
            break
        name, taken = _number(head, keep=True)
        size, more = _number(head[taken:], keep=False)
        body = place + taken + more
        if not taken or not more:
            raise source.cut("it ends within an element")
        unknown = size == (1 << 7 * more) - 1
        if unknown and name not in (SEGMENT, CLUSTER):
            raise source.damaged(f"the element at byte {place} has no size")
        if not unknown and body + size > source.size:
            raise source.cut_short(size, source.size - body)
        if name == START:
            starts.append(place)
        place = body if unknown else body + size
    ends = [*starts[1:], source.size]
    return [Part(begin, end, "matroska") for begin, end in zip(starts, ends, strict=True)]


def _number(data: bytes, keep: bool) -> tuple[int, int]:
    """An EBML number and how many bytes it has; 0 bytes where there is none."""
    size = 9 - data[0].bit_length() if data and data[0] else 0
    if not 0 < size <= min(8, len(data)):
        return 0, 0
    value = int.from_bytes(data[:size])
    return (value if keep else value & (1 << 7 * size) - 1), size


def _require_packets(source: Source, begin: int, end: int, size: int) -> None:
    """That packets of `size` bytes fill a file from `begin` to `end`, all starting alike."""
    rest = (end - begin) % size if size else 0
    if rest and not source.at(end - rest, 2) == ASF_LAST:
        raise source.cut("it ends within a packet")
    first = source.at(begin, 1)
    for place in range(begin, end - rest, max(1, size)):
        if size and source.at(place, 1) != first:
            raise source.damaged(f"there is no packet at byte {place}")


def asf_parts(source: Source) -> list[Part]:
    """The first stream of sound; `DataError` where the file is shorter than it says."""
    header = struct.unpack("<Q", source.at(16, 8).ljust(8, b"\0"))[0]
    if not 30 <= header <= source.size:
        raise source.cut_short(header, source.size)
    place, packet = 30, 0
    broadcast = False
    while place + 24 <= header:
        name, size = source.at(place, 16), struct.unpack("<Q", source.at(place + 16, 8))[0]
        if name == ASF_FACTS:
            facts = source.at(place, 104).ljust(104, b"\0")
            (promised,) = struct.unpack("<Q", facts[40:48])
            flags, packet = struct.unpack("<II", facts[88:96])
            broadcast = bool(flags & BROADCAST)
            if not broadcast and promised > source.size:
                raise source.cut_short(promised, source.size)
        place += max(24, size)
    name, size = source.at(header, 16), source.at(header + 16, 8)
    if name != ASF_DATA or len(size) < 8:
        raise source.cut("its samples are missing")
    end = header + struct.unpack("<Q", size)[0]
    if not broadcast and end > source.size:
        raise source.cut_short(end, source.size)
    _require_packets(source, header + 50, source.size if broadcast else end, packet)
    while not broadcast and len(head := source.at(end, 24)) == 24:  # indices
        if head[:16] == ASF_START:
            raise source.unusable(f"another file follows at byte {end}: they were joined; split it")
        end += max(24, *struct.unpack("<Q", head[16:]))
    return [Part(0, source.size, "asf")]
