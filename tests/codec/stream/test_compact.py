"""Compact streams: little overhead, the same contents, and what damage costs."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.stream import Block, CompactHeader, Header, Lost
from spiking_music.errors import CodeError
from tests.codec.stream.examples import (
    BINARY,
    COMPACT,
    COMPACT_RVQ,
    FORMATS,
    PARTED,
    PARTED_RVQ,
    RVQ,
    random_blocks,
    reader,
    same,
    write,
)

HEADERS = [COMPACT, PARTED, COMPACT_RVQ, PARTED_RVQ]
CASES = [(header, format) for header in HEADERS for format in FORMATS[header.kind]]
BLOCKS = random_blocks(PARTED, 8)  # parts: blocks of 3, 3 and 2


def model_of(header: Header) -> Header:
    return BINARY if header.kind == "binary" else RVQ


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize(("header", "format"), CASES)
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_there_and_back(header: CompactHeader, format: str, count: int, pipe: bool) -> None:
    blocks = random_blocks(header, count)
    opened = reader(write(header, blocks, format), pipe, model_of(header))
    assert opened.header == header
    assert all(same(*pair) for pair in zip(opened.blocks(), blocks, strict=True))
    assert opened.trailer is not None
    assert opened.trailer.blocks == count


@pytest.mark.parametrize(("header", "format"), CASES)
@pytest.mark.parametrize("count", [1, 2, 3, 6, 7])
def test_overhead(header: CompactHeader, format: str, count: int) -> None:
    """At most 40 bytes a stream, 8 a block; and 3 for each gain, 1 for a change of level, format
    or the length of a further part."""
    blocks = [Block(b.index, b.codes, 1.0, 3) for b in random_blocks(header, count)]
    stream = write(header, blocks, format)
    opened = reader(stream, model=model_of(header))
    payload = sum(frame.length for frame in opened.frames())
    groups = -(-count // header.parts)
    changes = 2 * (count - groups) if header.parts > 1 else 0  # a length, and perhaps a format
    assert len(stream) - payload <= 40 + 8 * groups + changes


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("start", range(8))
def test_any_part_to_start_with(start: int, pipe: bool) -> None:
    stream = write(PARTED, BLOCKS, "entropy")
    found = list(reader(stream, pipe).blocks(start))
    assert all(same(*pair) for pair in zip(found, BLOCKS[start:], strict=True))
    with pytest.raises(CodeError, match="no block"):
        list(reader(stream, pipe).blocks(8))


def test_a_pipe_gives_parts_before_their_block_is_over() -> None:
    stream = write(PARTED, BLOCKS, "entropy")
    first = next(reader(stream[:70], pipe=True).blocks())
    assert same(first, BLOCKS[0])


def salvaged(stream: bytes, pipe: bool) -> tuple[list[int], list[tuple[int, int | None]]]:
    items = list(reader(stream, pipe).salvage())
    found = [item for item in items if isinstance(item, Block)]
    assert all(same(block, BLOCKS[block.index]) for block in found)
    return [block.index for block in found], [
        (item.first, item.count) for item in items if isinstance(item, Lost)
    ]


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("header", [COMPACT, PARTED])
def test_each_byte_costs_its_block(header: CompactHeader, pipe: bool) -> None:
    stream = write(header, BLOCKS, "entropy")
    costs = set()
    for at in range(25, len(stream) - 13):
        damaged = stream[:at] + bytes([stream[at] ^ 0x15]) + stream[at + 1 :]
        with pytest.raises(CodeError):
            list(reader(damaged, pipe).blocks())
        kept, lost = salvaged(damaged, pipe)
        assert len(lost) == 1
        first, count = lost[0]
        assert kept == [i for i in range(8) if not first <= i < first + (count or 0)]
        costs.add(lost[0])
    starts = range(0, 8, header.parts)
    assert costs == {(first, min(header.parts, 8 - first)) for first in starts}


@pytest.mark.parametrize("pipe", [False, True])
def test_a_header_that_is_damaged_costs_the_stream(pipe: bool) -> None:
    stream = write(COMPACT, BLOCKS)
    for at in range(9, 25):
        damaged = stream[:at] + bytes([stream[at] ^ 0x55]) + stream[at + 1 :]
        with pytest.raises(CodeError):
            reader(damaged, pipe)


@pytest.mark.parametrize("pipe", [False, True])
def test_a_cut_stream_is_recovered_up_to_the_cut(pipe: bool) -> None:
    stream = write(PARTED, BLOCKS, "entropy")
    for end in range(25, len(stream)):
        with pytest.raises(CodeError):
            list(reader(stream[:end], pipe).blocks())
        try:
            kept, lost = salvaged(stream[:end], pipe)
        except CodeError:
            kept, lost = [], [(0, None)]
        assert kept == list(range(len(kept)))
        assert lost == [(len(kept), None)]


def test_more_than_256_blocks_may_be_lost() -> None:
    blocks = [Block(b.index, b.codes) for b in random_blocks(COMPACT, 600)]
    stream = write(COMPACT, blocks, "dense")
    size = 2 + 1 + 7 + 3
    cut = stream[: 25 + 10 * size] + stream[25 + 590 * size :]
    items = list(reader(cut).salvage())
    indices = [item.index for item in items if isinstance(item, Block)]
    assert indices == [*range(10), *range(590, 600)]


@given(data=st.data())
@settings(max_examples=60)
def test_noise_is_an_error(data: st.DataObject) -> None:
    stream = write(PARTED, BLOCKS, "entropy")
    kept = data.draw(st.integers(0, len(stream) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=40))
    if noise == stream[kept : kept + len(noise)]:
        return
    changed = stream[:kept] + noise + stream[kept + len(noise) :]
    for pipe, whole in itertools.product((False, True), (False, True)):
        try:
            opened = reader(changed, pipe)
            found = list(opened.blocks() if whole else opened.salvage())
        except CodeError:
            continue
        assert not whole
        blocks = [item for item in found if isinstance(item, Block)]
        assert all(same(block, BLOCKS[block.index]) for block in blocks)


def test_a_stream_of_another_model_is_refused_by_the_model() -> None:
    def other(fingerprint: bytes) -> Header:
        raise CodeError(f"no model {fingerprint.hex()}")

    from spiking_music.codec.stream import open_stream
    from tests.codec.stream.examples import Pipe

    with pytest.raises(CodeError, match="no model 000102030405"):
        open_stream(Pipe(write(COMPACT, BLOCKS)), other)
    with pytest.raises(CodeError, match="begins 000102030405: name it"):
        open_stream(Pipe(write(COMPACT, BLOCKS)))
