"""The parts of a block: one-byte codes that change what is in force, a length, and a payload.

| byte | meaning |
|---|---|
| 00 .. 7F | length |
| 80 .. BF | length of 14 bits, with the next byte |
| C0 .. DF | level |
| E0 | gain, a float16 |
| E1 .. E7 | format |
| E8 | the part is short, and the stream's last |
| E9 | no further part |
| EA | length, a u16 |
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

from spiking_music.codec.stream.frame import FORMAT_IDS, LEVELS, Frame
from spiking_music.codec.stream.header import FORMATS_OF, Header, check
from spiking_music.errors import CodeError

CHAINED = "chained"
IDS = FORMAT_IDS | {CHAINED: 6}
NAMES = {number: name for name, number in IDS.items()}
LONG, LEVEL, GAIN, FORMAT, SHORT, END, WIDE = 0x80, 0xC0, 0xE0, 0xE1, 0xE8, 0xE9, 0xEA
MIDDLE = (LEVEL - LONG) << 8  # lengths from here on take three bytes
Take = Callable[[int], bytes]  # so many bytes of a stream, or `CodeError`


@dataclass(frozen=True)
class InForce:
    """What a part takes over from the one before it."""

    format: str
    level: int | None = None
    gain: float = 1.0


@dataclass(frozen=True)
class PartHead:
    """What stands before a payload."""

    now: InForce
    steps: int
    length: int
    last: bool  # of the stream, and short


def formats_of(header: Header) -> tuple[str, ...]:
    """All that a payload may be."""
    return (*FORMATS_OF[header.kind], CHAINED)


def pack_part(frame: Frame, before: InForce, steps: int) -> bytes:
    """Head and payload of a part; `steps` are those of a whole one."""
    out = b""
    if missing := steps - frame.steps:
        small = missing < 256
        out += (
            struct.pack("<BB", SHORT, missing) if small else struct.pack("<BBH", SHORT, 0, missing)
        )
    if frame.format != before.format:
        out += bytes([FORMAT + IDS[frame.format]])
    if frame.level is not None and frame.level != before.level:
        out += bytes([LEVEL + frame.level])
    if frame.gain != before.gain:
        out += struct.pack("<Be", GAIN, frame.gain)
    return out + _length(len(frame.payload)) + frame.payload


def in_force(frame: Frame) -> InForce:
    """What the next part takes over from this one."""
    return InForce(frame.format, frame.level, frame.gain)


def unpack_head(take: Take, before: InForce, header: Header) -> PartHead | None:
    """The next part's head, None at the end of the block; `CodeError` out of bounds."""
    steps, now, first = header.block_steps, before, _byte(take)
    code = first
    if code == END:
        return None
    if code == SHORT:
        missing = _byte(take)
        if not missing:
            missing = _u16(take, 256)
        check("steps of the last part", steps - missing, 1, steps)
        steps, code = steps - missing, _byte(take)
    format, level, gain = now.format, now.level, now.gain
    if FORMAT <= code < SHORT:
        format, code = NAMES[code - FORMAT], _byte(take)
        _require(format in formats_of(header) and format != now.format)
    if LEVEL <= code < LEVEL + LEVELS:
        level, code = code - LEVEL, _byte(take)
        _require(level != now.level)
    if code == GAIN:
        (gain,) = struct.unpack("<e", take(2))
        _require(math.isfinite(gain) and gain > 0 and gain != now.gain)
        code = _byte(take)
    length = _unpack_length(code, take)
    check("bytes of a payload", length, 0, header.payload_limit)
    return PartHead(InForce(format, level, gain), steps, length, first == SHORT)


def _length(length: int) -> bytes:
    if length < LONG:
        return bytes([length])
    if length < MIDDLE:
        return bytes([LONG + (length >> 8), length & 0xFF])
    return struct.pack("<BH", WIDE, length)


def _unpack_length(code: int, take: Take) -> int:
    if code < LONG:
        return code
    if code < LEVEL:
        length = (code - LONG) << 8 | _byte(take)
        _require(length >= LONG)
        return length
    _require(code == WIDE)
    return _u16(take, MIDDLE)


def _byte(take: Take) -> int:
    return take(1)[0]


def _u16(take: Take, least: int) -> int:
    value = int.from_bytes(take(2), "little")
    _require(value >= least)
    return value


def _require(condition: bool) -> None:
    if not condition:
        raise CodeError("a part starts with bytes that no writer writes")
