"""Codes ↔ payload of one block, in the format that its tag names.

`dense`, `coo`, `time` and `units` are those of `codec.formats`. `packed` holds RVQ indices, row
by row (a row is a codebook's), in ⌈log2 K⌉ bits each, most significant first, the last byte filled
with zeros. `entropy` is opaque here: the coder that comes with the model reads and writes it.
"""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec import bits, formats
from spiking_music.codec.stream.frame import Frame
from spiking_music.codec.stream.header import FORMATS_OF, Header
from spiking_music.errors import CodeError

BEST = "best"


class EntropyCoder(Protocol):
    """What a model's tables know to do with one block of codes (rows, T)."""

    def encode(self, codes: NDArray) -> bytes: ...

    def decode(self, payload: bytes, steps: int) -> NDArray:
        """The exact inverse; `CodeError` for what `encode` cannot have written."""
        ...

    def chain(self) -> "Chain | None":
        """What codes blocks that continue one another, from the first on; None: it cannot."""
        ...


class Chain(Protocol):
    """The state of a coder between two blocks of which the second continues the first."""

    def encode(self, codes: NDArray) -> "tuple[bytes, Chain] | None":
        """Codes (rows, T) → payload and the state after them; None where they are no codes of it.

        This state stays as it is, so that one may try.
        """
        ...

    def decode(self, payload: bytes, steps: int) -> "tuple[NDArray, Chain]":
        """The exact inverse; `CodeError` for what `encode` cannot have written."""
        ...


class Coded(NamedTuple):
    format: str
    payload: bytes


def check_format(format: str, kind: str, coder: EntropyCoder | None) -> None:
    """`CodeError` unless codes of `kind` can be written in `format`."""
    known = (BEST, *FORMATS_OF[kind])
    if format not in known:
        raise CodeError(f"{kind} codes have no format '{format}'; known are {', '.join(known)}")
    if format == "entropy" and coder is None:
        raise CodeError("the format 'entropy' needs the tables of a model: give a coder")


def checked_codes(codes: NDArray, header: Header) -> NDArray:
    """Codes (rows, T) as uint8 events or int64 indices; `CodeError` where they are not codes."""
    codes = np.asarray(codes)
    rows, most = header.rows, header.block_steps
    if codes.ndim != 2 or codes.shape[0] != rows or not 1 <= codes.shape[1] <= most:
        raise CodeError(f"codes of a block are {rows} x 1 .. {most}, not {codes.shape}")
    binary = header.kind == "binary"
    largest = 1 if binary else header.codebook_size - 1
    if codes.dtype.kind not in "biu" or codes.min() < 0 or codes.max() > largest:
        raise CodeError(f"codes of kind {header.kind} are whole numbers within 0 .. {largest}")
    return codes.astype(np.uint8 if binary else np.int64)


def pack(codes: NDArray, header: Header, coder: EntropyCoder | None, format: str) -> Coded:
    """Checked codes → payload; `best` is the smallest, and of equals the simplest.

    Raises `CodeError` where another format would need more than a block can hold.
    """
    if format != BEST:
        coded = _pack(codes, header, coder, format)
        require_size(coded, header)
        return coded
    plain, size = _smallest_plain(codes, header)
    if coder is not None and len(entropy := coder.encode(codes)) < size:
        return Coded("entropy", entropy)
    return _pack(codes, header, coder, plain)


def require_size(coded: Coded, header: Header) -> None:
    """`CodeError` where a payload is larger than a block holds."""
    if len(coded.payload) > header.payload_limit:
        raise CodeError(
            f"{len(coded.payload)} bytes as '{coded.format}' are more than the "
            f"{header.payload_limit} that a block holds: choose 'best' or 'dense'"
        )


def require_coder(frame: Frame, header: Header, coder: EntropyCoder | None) -> EntropyCoder:
    """The coder; `CodeError` where there is none for a frame that needs it."""
    if coder is None:
        raise CodeError(
            f"block {frame.index} is entropy-coded and needs the tables of the model "
            f"{header.fingerprint.hex()}: give a coder"
        )
    return coder


def unpack(frame: Frame, header: Header, coder: EntropyCoder | None) -> NDArray:
    """The codes (rows, T) of a frame, uint8 events or int64 indices.

    Raises `CodeError` where the payload is not what `pack` writes for a block of these fields.
    """
    if frame.format == "entropy":
        return _decode(frame, header, coder)
    if frame.format == "packed":
        digits = bits.from_bytes(frame.payload, header.dense_bits(frame.steps))
        indices = bits.gather(digits.reshape(-1, header.entry_bits))
        if indices.max() >= header.codebook_size:
            raise CodeError(f"an index of a code is not below {header.codebook_size}")
        return indices.reshape(header.rows, frame.steps)
    events = frame.events or 0
    return formats.unpack(frame.payload, frame.format, header.rows, frame.steps, events)


def _smallest_plain(codes: NDArray, header: Header) -> tuple[str, int]:
    """The smallest format without a coder, and its bytes."""
    units, steps = codes.shape
    if header.kind == "rvq":
        return "packed", -(-header.dense_bits(steps) // 8)
    events = np.count_nonzero(codes)
    sizes = [-(-int(formats.packed_bits(f, units, steps, events)) // 8) for f in formats.FORMATS]
    return formats.FORMATS[sizes.index(min(sizes))], min(sizes)


def _pack(codes: NDArray, header: Header, coder: EntropyCoder | None, format: str) -> Coded:
    if format == "packed":
        digits = bits.spread(codes.ravel(), header.entry_bits)
        return Coded(format, np.packbits(digits).tobytes())
    if format == "entropy":
        assert coder is not None  # `check_format` has seen to it
        return Coded(format, coder.encode(codes))
    return Coded(format, formats.pack(codes, format).payload)


def _decode(frame: Frame, header: Header, coder: EntropyCoder | None) -> NDArray:
    coder = require_coder(frame, header, coder)
    codes = checked_codes(coder.decode(frame.payload, frame.steps), header)
    if codes.shape[1] != frame.steps:
        raise CodeError(f"{codes.shape[1]} steps are decoded where {frame.steps} are announced")
    told = frame.events if header.kind == "binary" else None
    if told is not None and np.count_nonzero(codes) != told:
        raise CodeError(f"events decoded are not the {frame.events} announced")
    return codes
