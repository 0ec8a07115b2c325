"""One block of a compact stream, read part by part from bytes that come as they are asked for."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from spiking_music.codec.stream.compact.header import SUM_BYTES, CompactHeader, low
from spiking_music.codec.stream.compact.parts import (
    CHAINED,
    IDS,
    NAMES,
    InForce,
    Take,
    formats_of,
    unpack_head,
)
from spiking_music.codec.stream.frame import Frame
from spiking_music.errors import CodeError

MARKER = 0xC0  # and the format of the first part
MARKERS = range(MARKER, MARKER + len(NAMES))
MOST_HEAD = 12  # bytes of a part that are no payload, at most


class Sum:
    """Passes bytes on and knows the checksum of a block, which starts from stamp and number."""

    def __init__(self, take: Take, number: int, stamp: int) -> None:
        self._take = take
        self.crc = zlib.crc32(number.to_bytes(4, "little"), stamp)

    def __call__(self, size: int) -> bytes:
        data = self._take(size)
        self.crc = zlib.crc32(data, self.crc)
        return data


def start(number: int, format: str) -> bytes:
    """The two bytes that block `number` begins with."""
    return bytes([MARKER + IDS[format], number & 0xFF])


def largest(header: CompactHeader) -> int:
    """Bytes that no block exceeds."""
    return 2 + header.parts * (MOST_HEAD + header.payload_limit) + SUM_BYTES


def frames(
    take: Take, number: int, header: CompactHeader, stamp: int, marker: int
) -> Iterator[Frame]:
    """The parts of block `number`, whose marker was read, and then its checksum.

    Raises `CodeError` at the first thing that no writer writes, and where the checksum differs.
    """
    total = Sum(take, number, stamp)
    total.crc = zlib.crc32(bytes([marker]), total.crc)
    if total(1)[0] != number & 0xFF:
        raise CodeError(f"another block is in the place of block {number}")
    for frame, payload in _parts(total, number, header, marker):
        yield replace(frame, payload=payload())
    if take(SUM_BYTES) != low(total.crc):
        raise CodeError(f"block {number} is damaged, as its checksum tells")


def passed(
    take: Take, skip: Callable[[int], None], number: int, header: CompactHeader, marker: int
) -> Iterator[Frame]:
    """As `frames`, without payloads, which are jumped over, and without the checksum."""
    if take(1)[0] != number & 0xFF:
        raise CodeError(f"another block is in the place of block {number}")
    for frame, _ in _parts(take, number, header, marker):
        skip(frame.length)
        yield frame
    skip(SUM_BYTES)


def _parts(
    take: Take, number: int, header: CompactHeader, marker: int
) -> Iterator[tuple[Frame, Callable[[], bytes]]]:
    """The parts as announced, and what reads the payload of each."""
    now = InForce(NAMES[marker - MARKER])
    if now.format not in formats_of(header):
        raise CodeError(f"{header.kind} codes have no format '{now.format}'")
    chained = now.format == CHAINED
    for part in range(header.parts):
        head = unpack_head(take, now, header)
        if head is None:
            if not part:
                raise CodeError(f"block {number} has no part")
            return
        now = head.now
        if now.format == CHAINED and not chained:
            raise CodeError(f"a part of block {number} continues one that cannot be continued")
        chained = now.format == CHAINED
        index = number * header.parts + part
        frame = Frame(index, head.steps, None, now.format, now.level, now.gain, head.length)
        yield frame, lambda size=head.length: take(size)  # type: ignore[misc]
        if head.last:
            return
