"""The first 25 bytes of a compact stream: docs/stream-format.md has the layout and the bounds.

The sum that follows a header, a block or a trailer is the lower 24 bits of a CRC-32.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

from spiking_music.codec.stream.header import MAGIC, RATES, Header, check
from spiking_music.errors import CodeError

VERSION = 2
FIELDS = struct.Struct("<8sB6s3sHBB")
SUM_BYTES = 3
HEADER_BYTES = FIELDS.size + SUM_BYTES  # 25
SHORT_FINGERPRINT = 6  # bytes
RATE_BITS, SALT_BITS = 20, 4
PARTS = 255
ALL = 255  # look-ahead: as far as the model reaches
SHAPE = ("kind", "rows", "codebook_size", "sample_rate", "hop")
Known = Callable[[bytes], Header]  # the header of the model of a short fingerprint, or `CodeError`


@dataclass(frozen=True)
class CompactHeader(Header):
    """`block_steps` are the steps of a part, of which a block has `parts`.

    look_ahead: frames after a part that its sound is made with, or `ALL` that the model reaches.
    """

    parts: int = 1  # P, 1..255
    look_ahead: int = ALL  # 1..255

    def __post_init__(self) -> None:
        super().__post_init__()
        check("parts of a block", self.parts, 1, PARTS)
        check("frames of look-ahead", self.look_ahead, 1, ALL)

    @classmethod
    def of(
        cls, model: Header, parts: int = 1, look_ahead: int = ALL, **changes: int
    ) -> "CompactHeader":
        """Of a model's header, with `changes` of its fields."""
        known = {field.name: getattr(model, field.name) for field in fields(Header)}
        return cls(**(known | changes), parts=parts, look_ahead=look_ahead)


def stamp(head: bytes) -> int:
    """CRC-32 with which the sums of a stream start; `head` is its header, with or without sum."""
    return zlib.crc32(head[: FIELDS.size])


def low(crc: int) -> bytes:
    """The sum of this CRC-32 as it is stored."""
    return crc.to_bytes(4, "little")[:SUM_BYTES]


def pack_header(header: CompactHeader, salt: int) -> bytes:
    """The 25 bytes. `salt` (4 bits) tells streams apart whose headers are equal otherwise."""
    body = FIELDS.pack(
        MAGIC,
        VERSION,
        header.fingerprint[:SHORT_FINGERPRINT],
        (header.original_rate | salt << RATE_BITS).to_bytes(3, "little"),
        header.block_steps,
        header.parts,
        header.look_ahead,
    )
    return body + low(zlib.crc32(body))


def unpack_header(head: bytes, known: Known) -> CompactHeader:
    """The header in 25 bytes; `CodeError` where it is damaged, or its model is not `known`."""
    if len(head) < HEADER_BYTES:
        raise CodeError("the stream ends within its header: transfer it again")
    if head[FIELDS.size :] != low(stamp(head)):
        raise CodeError("the header of the stream is damaged: transfer it again")
    _, _, fingerprint, word, steps, parts, look_ahead = FIELDS.unpack_from(head)
    rate = int.from_bytes(word, "little") & (1 << RATE_BITS) - 1
    check("the original rate", rate, *RATES)
    check("steps a part", steps, 1, 0xFFFF)
    changed = {"block_steps": steps, "original_rate": rate}
    return CompactHeader.of(known(fingerprint), parts, look_ahead, **changed)


def unknown(fingerprint: bytes) -> Header:
    """What is `known` to those who have no model."""
    raise CodeError(
        f"the stream needs the model whose fingerprint begins {fingerprint.hex()}: name it, as it "
        "tells the shape of the codes"
    )


def shape(header: Header) -> dict[str, object]:
    """What a compact stream leaves to its model, by name."""
    return {name: value for name, value in asdict(header).items() if name in SHAPE}
