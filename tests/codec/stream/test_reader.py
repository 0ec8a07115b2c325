"""The reader: from files and pipes, from any block on, and never past the first damage."""

import collections
import io
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.mutation_kinds import repair
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.stream import Block, StreamReader
from spiking_music.errors import CodeError
from tests.codec.stream.examples import BINARY, random_blocks, reader, same, write

BLOCKS = random_blocks(BINARY, 6)
STREAM = write(BINARY, BLOCKS, "dense")
SIZE = 20 + 7  # of a dense block of 50 bits


def change(at: int, new: bytes) -> bytes:
    """`STREAM` with other bytes at `at`, and all checksums right."""
    return repair(STREAM[:at] + new + STREAM[at + len(new) :])


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("start", range(6))
def test_any_block_to_start_with(start: int, pipe: bool) -> None:
    found = list(reader(STREAM, pipe).blocks(start))
    assert all(same(*pair) for pair in zip(found, BLOCKS[start:], strict=True))


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("start", [-1, 6, 2**63])
def test_no_block_to_start_with(start: int, pipe: bool) -> None:
    with pytest.raises(CodeError, match="there is no block"):
        list(reader(STREAM, pipe).blocks(start))


def test_header_and_trailer_are_known_as_soon_as_can_be() -> None:
    assert reader(STREAM).header == BINARY
    trailer = reader(STREAM).trailer
    assert trailer is not None
    assert trailer.blocks == 6
    piped = reader(STREAM, pipe=True)
    assert piped.header == BINARY
    assert piped.trailer is None
    list(piped.blocks())
    assert piped.trailer == trailer


def test_a_pipe_of_the_system() -> None:
    out, into = os.pipe()

    def feed() -> None:
        with open(into, "wb", buffering=0) as file:  # noqa: PTH123
            for at in range(0, len(STREAM), 11):
                file.write(STREAM[at : at + 11])

    feeder = threading.Thread(target=feed)
    feeder.start()
    with open(out, "rb") as file:  # noqa: PTH123
        found = list(StreamReader(file).blocks(2))
    feeder.join()
    assert [block.index for block in found] == [2, 3, 4, 5]


def test_a_file_is_read_as_often_as_wanted_and_a_pipe_once() -> None:
    opened = reader(STREAM)
    assert len(list(opened.blocks())) == len(list(opened.blocks())) == 6
    opened = reader(STREAM, pipe=True)
    next(opened.blocks())
    with pytest.raises(CodeError, match="pipe can be read only once"):
        next(opened.blocks())


def test_a_stream_may_start_within_a_file() -> None:
    file = io.BytesIO(b"cover" + STREAM)
    file.seek(5)
    opened = StreamReader(file)
    assert len(list(opened.blocks())) == len(list(opened.salvage())) == 6


def test_blocks_before_the_start_are_not_read() -> None:
    class Counting(io.BytesIO):
        count = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    header = replace(BINARY, rows=80, block_steps=256)
    blocks = [Block(index, np.ones((80, 256), np.uint8)) for index in range(50)]
    file = Counting(write(header, blocks))
    opened = StreamReader(file)
    file.count = 0
    assert next(opened.blocks(49)).index == 49
    assert file.count < 50 * 16 + 20 + 2560 + 10


@settings(max_examples=300)
@given(st.integers(0, len(STREAM) - 1), st.integers(1, 255), st.booleans())
def test_a_changed_byte_is_noticed(at: int, difference: int, pipe: bool) -> None:
    stream = bytearray(STREAM)
    stream[at] ^= difference
    seen = []
    with pytest.raises(CodeError):
        seen.extend(reader(bytes(stream), pipe).blocks())
    assert all(same(*pair) for pair in zip(seen, BLOCKS, strict=False))


@pytest.mark.parametrize("pipe", [False, True])
def test_every_cut_is_noticed(pipe: bool) -> None:
    for size in range(len(STREAM)):
        with pytest.raises(CodeError):
            list(reader(STREAM[:size], pipe).blocks())


@given(st.binary(max_size=200), st.booleans(), st.sampled_from([0, 8, 50, 77]))
def test_noise_is_noticed(noise: bytes, pipe: bool, kept: int) -> None:
    for stream in (STREAM[:kept] + noise, repair(STREAM[:kept] + noise)):
        with pytest.raises(CodeError):
            list(reader(stream, pipe).blocks())


def test_blocks_are_not_lost_doubled_exchanged_or_of_another_stream() -> None:
    at = [50 + SIZE * index for index in range(7)]
    head, rest = STREAM[: at[0]], STREAM[at[5] :]
    blocks = [STREAM[at[i] : at[i + 1]] for i in range(5)]
    other = write(BINARY, random_blocks(BINARY, 6, seed=1), "dense")
    spliced = [*blocks[:2], other[at[2] : at[3]], *blocks[3:]]
    swapped = [blocks[0], blocks[2], blocks[1], *blocks[3:]]
    doubled = [*blocks[:2], *blocks[1:]]
    for changed, message in (
        (blocks[:2] + blocks[3:], "block 3 is in the place of block 2"),
        (swapped, "block 2 is in the place of block 1"),
        (doubled, "block 1 is in the place of block 2"),
        (spliced, "block 2 is damaged, as its checksum tells: transfer it again, or salvage"),
    ):
        for pipe in (False, True):
            with pytest.raises(CodeError, match=message):
                list(reader(head + b"".join(changed) + rest, pipe).blocks())


def test_the_checksum_of_the_whole_finds_what_no_other_can() -> None:
    """Two streams with one first block have one salt: their blocks fit each other's place."""
    other = [BLOCKS[0], *random_blocks(BINARY, 6, seed=1)[1:]]
    start, stop = 50 + 2 * SIZE, 50 + 3 * SIZE
    stream = STREAM[:start] + write(BINARY, other, "dense")[start:stop] + STREAM[stop:]
    with pytest.raises(CodeError, match="checksum of the whole stream"):
        list(reader(stream).blocks())


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [  # offsets within block 1 of a stream whose checksums are right
        (2, b"\xff\xff\xff\xff", "index"),
        (6, b"\0\0", "steps: 0 is not within 1 .. 10"),
        (6, b"\xff\xff", "steps: 65535"),
        (6, b"\x09", "block 1: "),  # payload and steps do not fit
        (8, b"\xff\xff\x0f", "events: 1048575 is not within 0 .. 50"),
        (10, b"\xf0", "no format '15'"),
        (10, b"\x40", "no format 'packed'"),
        (11, b"\x20", "level: 32"),
        (12, b"\0\0", "gain"),
        (12, b"\0\x7c", "gain"),
        (12, b"\0\x7e", "gain"),
        (12, b"\0\xbc", "gain"),
        (14, b"\xff\xff", "payload: 65535 is not within 0 .. 71"),
        (16, b"\xff\xff\xff", "holds"),
    ],
)
@pytest.mark.parametrize("pipe", [False, True])
def test_a_forged_block(at: int, new: bytes, message: str, pipe: bool) -> None:
    with pytest.raises(CodeError, match=message):
        list(reader(change(50 + SIZE + at, new), pipe).blocks())


@pytest.mark.parametrize(
    ("at", "new", "message"),
    [
        (40, b"\xff" * 8, "samples in 6 blocks: 18446744073709551615"),
        (40, bytes(8), "samples in 6 blocks: 0"),
        (48, bytes(7) + b"\x80", "original samples: 9223372036854775808"),
        (48, bytes(7) + b"\x40", "do not last as long"),
        (56, bytes(4), "blocks of the stream: 0"),
        (56, b"\xff" * 4, "4294967295 blocks"),
    ],
)
@pytest.mark.parametrize("pipe", [False, True])
def test_a_forged_trailer(at: int, new: bytes, message: str, pipe: bool) -> None:
    with pytest.raises(CodeError, match=message):
        list(reader(change(len(STREAM) - 72 + at, new), pipe).blocks())


def test_a_trailer_of_other_blocks() -> None:
    five = write(BINARY, [*BLOCKS[:4], Block(4, BLOCKS[5].codes)], "dense")
    with pytest.raises(CodeError, match="6 blocks where its trailer says 5"):
        list(reader(repair(STREAM[:-72] + five[-72:]), pipe=True).blocks())


@pytest.mark.parametrize("pipe", [False, True])
def test_no_block_at_all(pipe: bool) -> None:
    stream = repair(STREAM[:50] + STREAM[-72:])
    with pytest.raises(CodeError, match="0 blocks where its trailer says 6"):
        list(reader(stream, pipe).blocks())


@pytest.mark.parametrize("pipe", [False, True])
def test_bytes_behind_the_end(pipe: bool) -> None:
    for more in (b"\0", STREAM):
        with pytest.raises(CodeError, match="bytes follow the end"):
            list(reader(STREAM + more, pipe).blocks())


def test_a_short_block_in_the_middle() -> None:
    one = write(BINARY, [replace(BLOCKS[5], index=0)], "dense")[50:-72]
    stream = STREAM[:50] + one + STREAM[50 + SIZE :]
    with pytest.raises(CodeError, match="block 1 follows a shorter one"):
        list(reader(repair(stream)).blocks())


@pytest.mark.parametrize("method", ["blocks", "salvage"])
def test_memory_does_not_grow(method: str, tracked_peak, tmp_path: Path) -> None:
    def run(count: int) -> None:
        codes = np.ones((5, 10), np.uint8)
        stream = write(BINARY, [Block(index, codes) for index in range(count)], "dense")
        file = tmp_path / "long.spk"
        file.write_bytes(stream)
        del stream
        with file.open("rb", buffering=0) as opened:
            read = getattr(StreamReader(opened), method)
            peaks.append(tracked_peak(lambda: collections.deque(read(), maxlen=0)))

    peaks: list[int] = []
    for count in (1, 200, 2000):
        run(count)
    assert peaks[2] < peaks[1] + 80_000  # a window, which 200 blocks do not fill
