"""The first 50 bytes of a stream: what it holds, and the only model that can decode it.

Layout, bounds and reasons are in docs/stream-format.md. A header is followed by blocks, whose
checksums include its own (`stamp`), so that a block of another stream is not taken for one of this.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Literal, get_args

from spiking_music.codec import bits
from spiking_music.codec.formats import FORMATS
from spiking_music.errors import CodeError

Kind = Literal["binary", "rvq"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # the index is what a stream stores
FORMATS_OF = {"binary": (*FORMATS, "entropy"), "rvq": ("packed", "entropy")}

MAGIC = b"\x89SPK\r\n\x1a\n"  # as PNG's: a transfer as text, or of 7 bits, does not leave it whole
VERSION = 1
FIELDS = struct.Struct("<BBHHHHIII16s")  # without magic and checksum; the trailer repeats them
HEADER_BYTES = len(MAGIC) + FIELDS.size + 4  # 50

FINGERPRINT_BYTES = 16
ROWS = 4096
CODEBOOK = 65536
RATES = (1000, 768_000)  # Hz
BLOCK_SAMPLES = 1 << 24
PAYLOAD_SLACK = 64  # bytes that an entropy-coded payload may exceed a dense one by
BLOCK_BITS = 8 * (0xFFFF - PAYLOAD_SLACK)  # of a dense block: its bytes are counted in 16 bits


@dataclass(frozen=True)
class Header:
    """What all blocks of a stream have in common; `CodeError` where a field is out of bounds."""

    fingerprint: bytes  # first 16 bytes of the SHA-256 of the model, of weights and tables
    kind: Kind
    rows: int  # N units or Q codebooks, 1..4096
    codebook_size: int  # K, 2..65536; 1 for binary codes
    sample_rate: int  # Hz of the codec
    hop: int  # samples a step
    block_steps: int  # T of every block but the last, which may be shorter; 1..65535
    original_rate: int  # Hz of the recording that was encoded

    def __post_init__(self) -> None:
        if len(self.fingerprint) != FINGERPRINT_BYTES:
            raise CodeError(f"a fingerprint has 16 bytes, not {len(self.fingerprint)}")
        if self.kind not in KINDS:
            raise CodeError(f"a stream holds codes of kind binary or rvq, not '{self.kind}'")
        check("rows", self.rows, 1, ROWS)
        if self.kind == "binary":
            check("the codebook size of binary codes", self.codebook_size, 1, 1)
        else:
            check("the codebook size", self.codebook_size, 2, CODEBOOK)
        check("the sample rate", self.sample_rate, *RATES)
        check("the original rate", self.original_rate, *RATES)
        check("the hop", self.hop, 1, 0xFFFF)
        check("steps a block", self.block_steps, 1, 0xFFFF)
        check("bits of a dense block", self.dense_bits(self.block_steps), 1, BLOCK_BITS)
        check("samples a block", self.block_samples, 1, BLOCK_SAMPLES)

    @property
    def entry_bits(self) -> int:
        """Bits of one entry in a dense code: 1, or ⌈log2 K⌉."""
        return 1 if self.kind == "binary" else int(bits.width(self.codebook_size))

    @property
    def block_samples(self) -> int:
        return self.block_steps * self.hop

    @property
    def payload_limit(self) -> int:
        """Bytes that no payload exceeds: a dense block's and 64."""
        return (self.dense_bits(self.block_steps) + 7) // 8 + PAYLOAD_SLACK

    def dense_bits(self, steps: int) -> int:
        return self.rows * steps * self.entry_bits


def check(name: str, value: int, low: int, high: int) -> None:
    """`CodeError` unless low ≤ value ≤ high."""
    if not low <= value <= high:
        raise CodeError(f"{name}: {value} is not within {low} .. {high}")


def pack_header(header: Header, salt: int) -> bytes:
    """The 50 bytes. `salt` (32 bits) tells streams apart whose headers are equal otherwise."""
    fields = FIELDS.pack(
        VERSION,
        KINDS.index(header.kind),
        header.rows,
        header.codebook_size - 1,
        header.hop,
        header.block_steps,
        header.sample_rate,
        header.original_rate,
        salt,
        header.fingerprint,
    )
    return seal(fields)


def seal(fields: bytes) -> bytes:
    """Magic and checksum around the fields of a header."""
    return MAGIC + fields + struct.pack("<I", zlib.crc32(MAGIC + fields))


def stamp(head: bytes) -> int:
    """CRC-32 of the first 46 bytes of a header, with which the checksums of its blocks start."""
    return zlib.crc32(head[:-4])


def unpack_header(head: bytes) -> Header:
    """The header in 50 bytes; `CodeError` where they are none, of another version, or damaged."""
    if not head.startswith(MAGIC):
        if head[1:4] == MAGIC[1:4]:
            raise CodeError("the stream was changed by a transfer as text: transfer it as binary")
        raise CodeError("this is no .spk stream: it does not start with the magic bytes of one")
    if len(head) > len(MAGIC) and head[len(MAGIC)] != VERSION:
        raise CodeError(f"this stream has version {head[len(MAGIC)]}, but only 1 and 2 can be read")
    if len(head) < HEADER_BYTES:
        raise CodeError("the stream ends within its header: transfer it again")
    fields = head[len(MAGIC) : -4]
    if head != seal(fields):
        raise CodeError("the header of the stream is damaged: transfer it again")
    _, kind, rows, last_code, hop, steps, rate, original, _, fingerprint = FIELDS.unpack(fields)
    check("the kind of codes", kind, 0, len(KINDS) - 1)
    return Header(
        fingerprint, KINDS[kind], rows, last_code + 1, rate, hop, steps, original_rate=original
    )
