"""A block as it is stored: 16 bytes of fields, the payload, and 4 of checksum.

| offset | type | field |
|---|---|---|
| 0 | 2 bytes | the marker C5 B1, by which a reader finds its way back after damage |
| 2 | u32 | index |
| 6 | u16 | steps, T of this block |
| 8 | u32 | bits 0–19 events S (0 for RVQ), 20–23 format, 24–31 level μ (255: none) |
| 12 | float16 | gain |
| 14 | u16 | bytes of the payload |
| 16 | | payload |
| end | u32 | CRC-32 of the header and of all the above |
"""

import math
import struct
import zlib
from dataclasses import dataclass, replace

import numpy as np

from spiking_music.codec.stream.header import FORMATS_OF, Header, check
from spiking_music.errors import CodeError

BLOCK = b"\xc5\xb1"
FIELDS = struct.Struct("<2sIHIeH")
CRC = struct.Struct("<I")
FRAME_BYTES = FIELDS.size + CRC.size  # 20
FORMAT_IDS = {"dense": 0, "coo": 1, "time": 2, "units": 3, "packed": 4, "entropy": 5}
FORMAT_NAMES = {number: name for name, number in FORMAT_IDS.items()}
EVENT_BITS = 20
LEVELS = 32
NO_LEVEL = 255
LARGEST_INDEX = (1 << 32) - 2


@dataclass(frozen=True)
class Frame:
    """One block whose payload is not unpacked."""

    index: int
    steps: int
    events: int | None  # S; 0 for RVQ; None where the stream does not say
    format: str
    level: int | None
    gain: float
    length: int  # bytes of the payload
    payload: bytes = b""

    def check(self, header: Header) -> None:
        """`CodeError` unless every field is within its bounds."""
        name = f"block {self.index}:"
        check(f"{name} index", self.index, 0, LARGEST_INDEX)
        check(f"{name} steps", self.steps, 1, header.block_steps)
        most = header.rows * self.steps if header.kind == "binary" else 0
        check(f"{name} events", self.events or 0, 0, most)
        if self.format not in FORMATS_OF[header.kind]:
            raise CodeError(f"{name} {header.kind} codes have no format '{self.format}'")
        check(f"{name} bytes of the payload", self.length, 0, header.payload_limit)
        self.check_values()

    def check_values(self) -> None:
        """`CodeError` unless level and gain are within their bounds."""
        name = f"block {self.index}:"
        if self.level is not None:
            check(f"{name} level", self.level, 0, LEVELS - 1)
        if not (math.isfinite(self.gain) and self.gain > 0):
            raise CodeError(f"{name} a gain is above 0 and at most 65504, not {self.gain}")


def stored_gain(gain: float) -> float:
    """The gain as a stream keeps it, the nearest float16: apply this one before encoding.

    Raises `CodeError` where it is not above 0, or is beyond float16 (2⁻²⁴ .. 65504).
    """
    with np.errstate(over="ignore", under="ignore"):
        stored = float(np.float16(gain))
    if not (math.isfinite(stored) and stored > 0):
        raise CodeError(f"a gain is within 2^-24 .. 65504, not {gain}")
    return stored


def pack_frame(frame: Frame) -> bytes:
    """Fields and payload, without the checksum, for a frame that was checked."""
    level = NO_LEVEL if frame.level is None else frame.level
    word = (frame.events or 0) | FORMAT_IDS[frame.format] << EVENT_BITS | level << 24
    fields = FIELDS.pack(BLOCK, frame.index, frame.steps, word, frame.gain, len(frame.payload))
    return fields + frame.payload


def sealed(body: bytes, stamp: int) -> bytes:
    """`body` and its checksum, which starts from the header's."""
    return body + CRC.pack(zlib.crc32(body, stamp))


def unpack_fields(fields: bytes, header: Header) -> Frame:
    """The frame that 16 bytes announce, before its payload is read; `CodeError` out of bounds."""
    marker, index, steps, word, gain, length = FIELDS.unpack(fields)
    if marker != BLOCK:
        raise CodeError("no block starts where one should")
    format = word >> EVENT_BITS & 15
    level: int | None = word >> 24
    frame = Frame(
        index,
        steps,
        events=word & ((1 << EVENT_BITS) - 1),
        format=FORMAT_NAMES.get(format, str(format)),
        level=None if level == NO_LEVEL else level,
        gain=gain,
        length=length,
    )
    frame.check(header)
    return frame


def complete(frame: Frame, fields: bytes, rest: bytes, stamp: int) -> Frame:
    """The announced frame with its payload; `rest` is the payload and the checksum."""
    payload = rest[: frame.length]
    if CRC.unpack(rest[frame.length :])[0] != zlib.crc32(payload, zlib.crc32(fields, stamp)):
        raise CodeError(f"block {frame.index} is damaged, as its checksum tells")
    return replace(frame, payload=payload)
