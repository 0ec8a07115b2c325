"""The last 13 bytes of a compact stream: exact lengths, and the checksum of it all."""

import struct
import zlib

from spiking_music.codec.stream.compact.header import SUM_BYTES, low
from spiking_music.codec.stream.header import Header, check
from spiking_music.codec.stream.trailer import Trailer
from spiking_music.errors import CodeError

MARKER = 0xE7
FIELDS = struct.Struct("<B5s")
CHECKSUM_BYTES = 4
TRAILER_BYTES = FIELDS.size + CHECKSUM_BYTES + SUM_BYTES  # 13
LENGTH_BITS = 36


def pack_fields(trailer: Trailer, header: Header) -> bytes:
    """The first 6 bytes, which the checksum of the stream includes; `CodeError` out of bounds."""
    check("original samples", trailer.original_samples, 1, (1 << LENGTH_BITS) - 1)
    more = trailer.samples - _expected(trailer.original_samples, header)
    check("samples beyond those of the recording", more, -8, 7)
    word = trailer.original_samples | (more & 15) << LENGTH_BITS
    return FIELDS.pack(MARKER, word.to_bytes(5, "little"))


def seal(fields: bytes, checksum: bytes, stamp: int) -> bytes:
    """The 13 bytes."""
    body = fields + checksum
    return body + low(zlib.crc32(body, stamp))


def unpack_trailer(trailer: bytes, header: Header, stamp: int) -> Trailer:
    """The trailer in 13 bytes; `CodeError` where they are damaged, or of another stream."""
    fields, checksum = trailer[: FIELDS.size], trailer[FIELDS.size : -SUM_BYTES]
    if trailer[:1] != bytes([MARKER]) or trailer != seal(fields, checksum, stamp):
        raise CodeError("the trailer of the stream is damaged, as its checksum tells")
    word = int.from_bytes(fields[1:], "little")
    original, more = word & (1 << LENGTH_BITS) - 1, word >> LENGTH_BITS
    samples = _expected(original, header) + (more ^ 8) - 8
    check("samples", samples, 1, 1 << 2 * LENGTH_BITS)
    frames = -(-samples // header.hop)
    found = Trailer(samples, original, -(-frames // header.block_steps), checksum)
    found.check(header)
    return found


def _expected(original: int, header: Header) -> int:
    """Samples at the codec's rate of so many of the recording, rounded as resamplers do."""
    twice = 2 * original * header.sample_rate + header.original_rate
    return max(1, twice // (2 * header.original_rate))
