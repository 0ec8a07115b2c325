"""Streams to test with: small, of every kind and format."""

import io
import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spiking_music.codec.stream import (
    Block,
    CompactHeader,
    CompactWriter,
    EntropyCoder,
    Header,
    Reader,
    StreamWriter,
    open_stream,
)
from spiking_music.errors import CodeError

BINARY = Header(bytes(range(16)), "binary", 5, 1, 22_050, 512, 10, 44_100)
RVQ = replace(BINARY, kind="rvq", rows=3, codebook_size=1000)
COMPACT = CompactHeader.of(BINARY)
PARTED = CompactHeader.of(BINARY, parts=3, look_ahead=2)
COMPACT_RVQ = CompactHeader.of(RVQ)
PARTED_RVQ = CompactHeader.of(RVQ, parts=3, look_ahead=2)
FORMATS = {  # all that a stream of the kind can be written in
    "binary": ("best", "dense", "coo", "time", "units", "entropy"),
    "rvq": ("best", "packed", "entropy"),
}


class RunLengths:
    """An entropy coder of the simplest kind: runs along the rows as (value u16, length u8), or raw.

    The first byte of a payload names the method, as that of a real coder would.
    """

    RUN = np.dtype([("value", "<u2"), ("length", "u1")])
    RAW, RUNS = b"\0", b"\1"

    def __init__(self, header: Header) -> None:
        self.kind = header.kind
        self.rows = header.rows
        self.entry = np.dtype("u1" if header.kind == "binary" else "<u2")

    def encode(self, codes: np.ndarray) -> bytes:
        flat = codes.ravel()
        raw = self.RAW + flat.astype(self.entry).tobytes()
        starts = [*np.flatnonzero(np.diff(flat, prepend=-1)), len(flat)]
        runs = [
            (flat[begin], min(255, end - start))
            for begin, end in itertools.pairwise(starts)
            for start in range(begin, end, 255)
        ]
        return min(self.RUNS + np.array(runs, dtype=self.RUN).tobytes(), raw, key=len)

    def decode(self, payload: bytes, steps: int) -> np.ndarray:
        size = self.rows * steps
        if payload[:1] == self.RAW and len(payload) == 1 + self.entry.itemsize * size:
            codes = np.frombuffer(payload[1:], dtype=self.entry)
        elif payload[:1] == self.RUNS and len(payload) % self.RUN.itemsize == 1:
            runs = np.frombuffer(payload[1:], dtype=self.RUN)
            if runs["length"].sum(dtype=np.int64) != size:
                raise CodeError("runs do not fill the block")
            codes = np.repeat(runs["value"], runs["length"])
        else:
            raise CodeError("no such method, or not its length")
        codes = codes.astype(np.int64).reshape(self.rows, steps)
        if self.encode(codes) != payload:
            raise CodeError("this is not how it would be encoded")
        return codes

    def chain(self) -> "Turned | None":
        """Of binary codes only, as that of a real coder."""
        before = np.zeros((self.rows, 1), np.uint8)
        return Turned(self, before) if self.kind == "binary" else None


class Turned:
    """Codes go on as a difference to the last step of those before."""

    def __init__(self, coder: RunLengths, before: np.ndarray) -> None:
        self.coder, self.before = coder, before

    def encode(self, codes: np.ndarray) -> "tuple[bytes, Turned] | None":
        return self.coder.encode(codes ^ self.before), Turned(self.coder, codes[:, -1:])

    def decode(self, payload: bytes, steps: int) -> "tuple[np.ndarray, Turned]":
        codes = self.coder.decode(payload, steps).astype(np.uint8) ^ self.before
        return codes, Turned(self.coder, codes[:, -1:])


def random_blocks(header: Header, count: int, density: float = 0.1, seed: int = 0) -> list[Block]:
    """Blocks of codes drawn from a seed; the last is shorter."""
    draw = np.random.default_rng(seed)
    blocks = []
    for index in range(count):
        steps = header.block_steps - (index == count - 1 and header.block_steps > 1)
        codes = draw.random((header.rows, steps)) < density
        if header.kind == "rvq":
            codes = codes * draw.integers(header.codebook_size, size=codes.shape)
        codes = codes.astype(np.uint8 if header.kind == "binary" else np.int64)
        blocks.append(Block(index, codes, gain=2.0 ** (index % 5 - 2), level=index % 32))
    return blocks


def lengths(header: Header, blocks: Sequence[Block]) -> tuple[int, int]:
    """Samples at both rates for which these blocks are just right."""
    samples = sum(block.codes.shape[1] for block in blocks) * header.hop - 1
    return samples, round(samples * header.original_rate / header.sample_rate)


def write(
    header: Header,
    blocks: Sequence[Block],
    format: str = "best",
    coder: EntropyCoder | None = None,
) -> bytes:
    file = io.BytesIO()
    if format == "entropy":
        coder = coder or RunLengths(header)
    made = CompactWriter if isinstance(header, CompactHeader) else StreamWriter
    with made(file, header, coder, format) as writer:  # type: ignore[arg-type]
        for block in blocks:
            writer.write(block)
        writer.finish(*lengths(header, blocks))
    return file.getvalue()


def reader(stream: bytes, pipe: bool = False, model: Header = BINARY) -> Reader:
    """With the coder for its header; `model` tells what a compact stream leaves to it."""
    opened = open_stream(Pipe(stream) if pipe else io.BytesIO(stream), lambda _: model)
    opened.coder = RunLengths(opened.header)
    return opened


def same(left: Block, right: Block) -> bool:
    """All of two blocks is equal, types included."""
    return (
        (left.index, left.gain, left.level) == (right.index, right.gain, right.level)
        and left.codes.dtype == right.codes.dtype
        and np.array_equal(left.codes, right.codes)
    )


class Pipe(io.RawIOBase):
    """Bytes that can be read once, and come in small pieces."""

    def __init__(self, data: bytes, piece: int = 7) -> None:
        self._data = data
        self._piece = piece

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken = self._data[: min(size, self._piece)]
        self._data = self._data[len(taken) :]
        return taken


class Sink(io.RawIOBase):
    """A pipe's other end: takes a few bytes at a time."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: memoryview) -> int:
        self.data += bytes(data[:7])
        return min(7, len(data))
