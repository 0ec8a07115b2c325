"""The last 72 bytes of a stream: exact lengths, a copy of the header, and the checksum of it all.

| offset | type | field |
|---|---|---|
| 0 | 2 bytes | the marker C5 E7 |
| 2 | 38 bytes | the header's fields, again: a damaged header costs nothing |
| 40 | u64 | samples at the codec's rate |
| 48 | u64 | samples of the recording, at its own rate |
| 56 | u32 | blocks |
| 60 | 8 bytes | the first of the SHA-256 of all bytes before them |
| 68 | u32 | CRC-32 of the header and of all the above |
"""

import struct
from dataclasses import dataclass

from spiking_music.codec.stream.frame import CRC, sealed
from spiking_music.codec.stream.header import FIELDS as HEADER_FIELDS
from spiking_music.codec.stream.header import MAGIC, Header, check
from spiking_music.errors import CodeError

END = b"\xc5\xe7"
FIELDS = struct.Struct(f"<2s{HEADER_FIELDS.size}sQQI")  # without checksum and CRC
CHECKSUM_BYTES = 8
TRAILER_BYTES = FIELDS.size + CHECKSUM_BYTES + CRC.size  # 72
RESAMPLING_SLACK = 16  # samples, at either rate, by which a resampler may round a length


@dataclass(frozen=True)
class Trailer:
    """What is only known at the end of a recording."""

    samples: int  # at the codec's rate
    original_samples: int  # at the original rate
    blocks: int
    checksum: bytes = b""  # 8 bytes, of all before them

    def check(self, header: Header) -> None:
        """`CodeError` unless the lengths are within bounds and agree with each other."""
        check("blocks of the stream", self.blocks, 1, (1 << 32) - 1)
        least, most = ((self.blocks + more) * header.block_samples for more in (-1, 0))
        check(f"samples in {self.blocks} blocks", self.samples, least + 1, most)
        check("original samples", self.original_samples, 1, (1 << 63) - 1)
        there = self.samples * header.original_rate
        back = self.original_samples * header.sample_rate
        if abs(there - back) > RESAMPLING_SLACK * (header.original_rate + header.sample_rate):
            raise CodeError(
                f"{self.original_samples} samples at {header.original_rate} Hz do not last as long "
                f"as {self.samples} at {header.sample_rate} Hz"
            )

    def check_last_block(self, header: Header, steps: int) -> None:
        """`CodeError` unless the last block, of so many steps, reaches the last sample."""
        total = ((self.blocks - 1) * header.block_steps + steps) * header.hop
        if self.samples > total:
            raise CodeError(f"{self.samples} samples are more than the {total} of all blocks")


def pack_fields(trailer: Trailer, head: bytes) -> bytes:
    """The first 60 bytes, which the checksum of the stream includes; `head` is its header."""
    copy = head[len(MAGIC) : -CRC.size]
    return FIELDS.pack(END, copy, trailer.samples, trailer.original_samples, trailer.blocks)


def seal_trailer(fields: bytes, checksum: bytes, stamp: int) -> bytes:
    return sealed(fields + checksum, stamp)


def header_fields(trailer: bytes) -> bytes:
    """The copy of the header's fields in 72 bytes."""
    return trailer[len(END) : len(END) + HEADER_FIELDS.size]


def unpack_trailer(trailer: bytes, header: Header, stamp: int) -> Trailer:
    """The trailer in 72 bytes; `CodeError` where they are damaged, or of another stream."""
    if not trailer.startswith(END) or trailer != sealed(trailer[: -CRC.size], stamp):
        raise CodeError("the trailer of the stream is damaged, as its checksum tells")
    _, _, samples, original, blocks = FIELDS.unpack_from(trailer)
    found = Trailer(samples, original, blocks, trailer[FIELDS.size : -CRC.size])
    found.check(header)
    return found
