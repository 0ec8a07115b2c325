"""What `mutation_kinds` needs to know of compact streams: where their parts end, and their sums."""

import hashlib
import io
import zlib

from spiking_music.codec.stream.compact import block, trailer
from spiking_music.codec.stream.compact.header import (
    FIELDS,
    HEADER_BYTES,
    SUM_BYTES,
    VERSION,
    CompactHeader,
    low,
    stamp,
)
from spiking_music.codec.stream.header import MAGIC, Header
from spiking_music.codec.stream.source import Source
from spiking_music.errors import CodeError

ANY = Header(bytes(16), "binary", 2000, 1, 22_050, 1, 250, 22_050)


def is_compact(data: bytes) -> bool:
    return data.startswith(MAGIC + bytes([VERSION]))


def parts(data: bytes) -> list[bytes]:
    """Header, blocks, and the rest, which is the trailer of a whole stream."""
    header = CompactHeader.of(ANY, parts=max(1, *data[20:21]))
    found, at = [data[:HEADER_BYTES]], HEADER_BYTES
    while (end := _end(data, at, len(found) - 1, header)) is not None:
        found.append(data[at:end])
        at = end
    return [*found, data[at:]]


def repair(data: bytes) -> bytes:
    """`data` with every sum right of what looks like header, blocks and trailer."""
    if len(data) < HEADER_BYTES:
        return data
    head, *blocks, rest = parts(data)
    out = head[: FIELDS.size] + low(stamp(head))
    for number, each in enumerate(blocks):
        crc = zlib.crc32(number.to_bytes(4, "little"), stamp(out))
        out += each[:-SUM_BYTES] + low(zlib.crc32(each[:-SUM_BYTES], crc))
    if len(rest) == trailer.TRAILER_BYTES and rest[0] == trailer.MARKER:
        fields = rest[: trailer.FIELDS.size]
        return out + trailer.seal(fields, hashlib.sha256(out + fields).digest()[:4], stamp(out))
    return out + rest


def _end(data: bytes, at: int, number: int, header: CompactHeader) -> int | None:
    """Where the block at `at` ends; None where none is there."""
    if at >= len(data) or not 0xC0 <= data[at] <= 0xC6:
        return None
    file = io.BytesIO(data[at + 1 :])
    source = Source(file, b"")
    marker = 0xC5 if data[at] == 0xC4 else data[at]  # of RVQ, which `ANY` is not
    try:
        for _ in block.passed(
            lambda size: source.exactly(size, "a block"), source.skip, number, header, marker
        ):
            pass
    except CodeError:
        return None
    end = at + 1 + file.tell()
    return end if end <= len(data) else None
