"""Salvaging: a damaged block costs that block, and what is lost is told."""

import io
import itertools

import numpy as np
import pytest
from benchmarks.mutation_kinds import repair
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.stream import Block, Lost, StreamReader
from spiking_music.errors import CodeError
from tests.codec.stream import independent
from tests.codec.stream.examples import BINARY, Pipe, random_blocks, reader, same, write

BLOCKS = random_blocks(BINARY, 6)
STREAM = write(BINARY, BLOCKS, "dense")
SIZE = 20 + 7  # of a dense block of 50 bits
START = [*(50 + SIZE * index for index in range(6)), len(STREAM) - 72]


def salvage(stream: bytes, pipe: bool = False) -> tuple[list[int], list[tuple[int, int | None]]]:
    """Indices recovered, and (first, count) of what is lost."""
    items = list(reader(stream, pipe).salvage())
    found = [item for item in items if isinstance(item, Block)]
    assert all(same(block, BLOCKS[block.index]) for block in found)
    return [block.index for block in found], [
        (item.first, item.count) for item in items if isinstance(item, Lost)
    ]


def damage(at: int) -> bytes:
    return STREAM[:at] + bytes([STREAM[at] ^ 0x55]) + STREAM[at + 1 :]


@pytest.mark.parametrize("pipe", [False, True])
def test_nothing_is_lost_of_a_whole_stream(pipe: bool) -> None:
    opened = reader(STREAM, pipe)
    assert all(same(*pair) for pair in zip(opened.salvage(), BLOCKS, strict=True))
    assert opened.trailer is not None


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("index", range(6))
def test_each_byte_of_a_block_costs_that_block(index: int, pipe: bool) -> None:
    others = [i for i in range(6) if i != index]
    for at in range(START[index], START[index + 1]):
        assert salvage(damage(at), pipe) == (others, [(index, 1)])


@pytest.mark.parametrize("pipe", [False, True])
def test_each_byte_of_the_trailer_costs_the_number_of_blocks(pipe: bool) -> None:
    for at in range(START[6], len(STREAM)):
        assert salvage(damage(at), pipe) == ([0, 1, 2, 3, 4, 5], [(6, None)])


def test_each_byte_of_the_header_costs_nothing_where_the_trailer_can_be_sought() -> None:
    for at in range(50):
        assert salvage(damage(at)) == ([0, 1, 2, 3, 4, 5], [(0, 0)])
        opened = reader(damage(at))
        assert opened.header == BINARY
        with pytest.raises(CodeError):  # for blocks() it is damage all the same
            list(opened.blocks())
        with pytest.raises(CodeError):
            reader(damage(at), pipe=True)


def test_a_header_that_is_gone() -> None:
    assert salvage(STREAM[50:]) == ([0, 1, 2, 3, 4, 5], [(0, 0)])
    assert salvage(STREAM[START[2] - 5 :]) == ([2, 3, 4, 5], [(0, 2)])


@pytest.mark.parametrize("pipe", [False, True])
def test_a_cut_stream_is_recovered_up_to_the_cut(pipe: bool) -> None:
    for size in range(START[1], len(STREAM)):
        whole = sum(size >= end for end in START[1:])
        assert salvage(STREAM[:size], pipe) == (list(range(whole)), [(whole, None)])


@pytest.mark.parametrize("pipe", [False, True])
def test_reasons(pipe: bool) -> None:
    stream = bytearray(damage(START[1] + 18))
    del stream[START[3] : START[4]]
    stream += b"more"
    lost = [item for item in reader(bytes(stream), pipe).salvage() if isinstance(item, Lost)]
    assert [(item.first, item.count, item.reason) for item in lost] == [
        (1, 1, "block 1 is damaged, as its checksum tells"),
        (3, 1, "block 4 follows where block 3 should be"),
        (6, 0, "bytes follow the end of the stream"),
    ]


def test_bytes_in_between_cost_nothing_even_where_they_look_like_a_block() -> None:
    noise = b"\xc5\xb1\xc5\xc5\xe7" + STREAM[START[4] : START[4] + 16]
    for index in range(6):
        stream = STREAM[: START[index]] + noise + STREAM[START[index] :]
        assert salvage(stream) == ([0, 1, 2, 3, 4, 5], [(index, 0)])


def test_blocks_twice_and_out_of_order() -> None:
    pieces = [STREAM[START[i] : START[i + 1]] for i in range(6)]
    for order, expected in (
        ([0, 1, 1, 2, 3, 4, 5], ([0, 1, 2, 3, 4, 5], [(2, 0)])),
        ([0, 3, 1, 2, 4, 5], ([0, 3, 4, 5], [(1, 2), (4, 0)])),
        ([5, 0, 1], ([5], [(0, 5), (6, 0)])),
    ):
        stream = STREAM[:50] + b"".join(pieces[i] for i in order) + STREAM[START[6] :]
        assert salvage(stream) == expected


def test_blocks_of_another_stream_are_not_recovered() -> None:
    other = write(BINARY, random_blocks(BINARY, 6, seed=1), "dense")
    stream = STREAM[: START[2]] + other[START[2] : START[4]] + STREAM[START[4] :]
    assert salvage(stream) == ([0, 1, 4, 5], [(2, 2)])


def test_an_exchange_that_only_the_last_checksum_shows_is_told() -> None:
    other = write(BINARY, [BLOCKS[0], *random_blocks(BINARY, 6, seed=1)[1:]], "dense")
    stream = STREAM[: START[2]] + other[START[2] : START[3]] + STREAM[START[3] :]
    *_, last = StreamReader(io.BytesIO(stream)).salvage()
    assert last == Lost(6, 0, "the checksum of the whole stream differs: a block was exchanged")


def test_a_payload_that_cannot_be_is_lost() -> None:
    at = START[2] + 16
    stream = repair(STREAM[:at] + b"\xff" + STREAM[at + 1 :])
    assert salvage(stream) == ([0, 1, 3, 4, 5], [(2, 1)])


@pytest.mark.parametrize("pipe", [False, True])
def test_where_nothing_is_whole_it_is_an_error(pipe: bool) -> None:
    for stream in (STREAM[:50], STREAM[: START[1] - 1], STREAM[:50] + bytes(1000), STREAM[:50] * 9):
        with pytest.raises(CodeError, match="nothing of the stream can be recovered"):
            list(reader(stream, pipe).salvage())


@settings(max_examples=300)
@given(st.data())
def test_any_damage_leaves_what_it_spares(data: st.DataObject) -> None:
    """Runs of bytes are overwritten; the independent reader recovers the same blocks."""
    stream = bytearray(STREAM)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(50, len(STREAM) - 1))
        new = data.draw(st.binary(min_size=1, max_size=30))[: len(STREAM) - start]
        stream[start : start + len(new)] = new
    places = [slice(*pair) for pair in itertools.pairwise(START)]
    spared = [i for i, place in enumerate(places) if stream[place] == STREAM[place]]
    assert independent.salvage(bytes(stream)) == spared
    if spared:
        found, lost = salvage(bytes(stream), data.draw(st.booleans()))
        assert found == spared
        ends = [(first, 6 if count is None else first + count) for first, count in lost]
        told = [index for first, end in ends for index in range(first, end)]
        assert sorted(told + spared) == list(range(6))


def test_many_false_blocks_take_no_time() -> None:
    """Half a megabyte in which a block of the largest size seems to start every 16 bytes."""
    fields = STREAM[START[0] : START[0] + 14] + b"\x47\x00"
    body = bytearray(fields * 30_000)
    items = list(StreamReader(Pipe(STREAM[: START[1]] + bytes(body), piece=1 << 16)).salvage())
    assert [type(item) for item in items] == [Block, Lost]


def test_large_blocks_in_small_pieces() -> None:
    codes = np.random.default_rng(0).integers(2, size=(5, 10)).astype(np.uint8)
    blocks = [Block(index, codes) for index in range(5000)]
    stream = bytearray(write(BINARY, blocks, "dense"))
    for index in (0, 2000, 2426, 2427, 2428, 4999):  # some lie across the pieces that are read
        stream[50 + SIZE * index + 17] ^= 1
    items = list(StreamReader(io.BytesIO(stream)).salvage())
    lost = [(item.first, item.count) for item in items if isinstance(item, Lost)]
    assert lost == [(0, 1), (2000, 1), (2426, 3), (4999, 1)]
    assert len(items) == 5000 - 6 + 4
