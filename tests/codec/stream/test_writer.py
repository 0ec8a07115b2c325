"""The writer: refuses what no reader would take, and needs nothing but `write`."""

import io
from dataclasses import replace

import numpy as np
import pytest

from spiking_music.codec.stream import Block, StreamWriter, stored_gain
from spiking_music.errors import CodeError
from tests.codec.stream.examples import BINARY, Sink, lengths, random_blocks, reader, write

BLOCKS = random_blocks(BINARY, 3)


def test_a_pipe_that_takes_a_few_bytes_at_a_time() -> None:
    sink = Sink()
    with StreamWriter(sink, BINARY) as writer:
        for block in BLOCKS:
            writer.write(block)
        writer.finish(*lengths(BINARY, BLOCKS))
    assert sink.data == write(BINARY, BLOCKS)


def test_equal_recordings_are_equal_bytes_and_others_have_another_salt() -> None:
    stream = write(BINARY, BLOCKS)
    assert stream == write(BINARY, BLOCKS)
    other = write(BINARY, random_blocks(BINARY, 3, seed=1))
    assert stream[:26] == other[:26]
    assert stream[26:30] != other[26:30]


@pytest.mark.parametrize("gain", [0.1, 1 / 3, 1000.7, 2**-24, 65504])
@pytest.mark.parametrize("level", [None, 0, 31])
def test_gain_and_level(gain: float, level: int | None) -> None:
    block = replace(BLOCKS[0], gain=gain, level=level)
    (found,) = reader(write(BINARY, [block])).blocks()
    assert found.level == level
    assert found.gain == stored_gain(gain) == pytest.approx(gain, rel=2**-11)


@pytest.mark.parametrize("gain", [0.0, -1.0, 2**-26, 65_536.0, np.inf, np.nan])
def test_impossible_gains(gain: float) -> None:
    with pytest.raises(CodeError, match="gain"):
        write(BINARY, [replace(BLOCKS[0], gain=gain)])


@pytest.mark.parametrize("level", [-1, 32, 255])
def test_impossible_levels(level: int) -> None:
    with pytest.raises(CodeError, match="level"):
        write(BINARY, [replace(BLOCKS[0], level=level)])


def test_blocks_are_written_in_order() -> None:
    with pytest.raises(CodeError, match="block 1 is written where block 0 is next"):
        write(BINARY, BLOCKS[1:])


def test_only_the_last_block_is_shorter() -> None:
    with pytest.raises(CodeError, match="block 3 follows a shorter one"):
        write(BINARY, [*BLOCKS, Block(3, BLOCKS[0].codes)])


def test_an_empty_recording_cannot_be_encoded() -> None:
    file = io.BytesIO()
    with pytest.raises(CodeError, match="empty recording"), StreamWriter(file, BINARY) as writer:
        writer.finish(0, 0)
    assert not file.getvalue()


def test_a_stream_is_finished_once() -> None:
    with pytest.raises(CodeError, match="call `finish`"), StreamWriter(io.BytesIO(), BINARY) as w:
        w.write(BLOCKS[0])
    with StreamWriter(io.BytesIO(), BINARY) as writer:
        writer.write(BLOCKS[0])
        writer.finish(5000, 10_000)
        with pytest.raises(CodeError, match="no further block"):
            writer.write(BLOCKS[1])
        with pytest.raises(CodeError, match="once"):
            writer.finish(5000, 10_000)


def test_an_error_within_is_not_covered_by_the_missing_trailer() -> None:
    with pytest.raises(KeyError), StreamWriter(io.BytesIO(), BINARY):
        raise KeyError


@pytest.mark.parametrize(
    ("samples", "original"),
    [
        (0, 0),
        (10 * 512, 20 * 512),  # one block suffices for them
        (29 * 512 + 1, 58 * 512 + 2),  # one more than all blocks hold
        (29 * 512, 29 * 512),  # not as long at the original rate
        (29 * 512, 2**63),
    ],
)
def test_lengths_that_do_not_fit(samples: int, original: int) -> None:
    with StreamWriter(io.BytesIO(), BINARY) as writer:
        for block in BLOCKS:
            writer.write(block)
        with pytest.raises(CodeError):
            writer.finish(samples, original)
        writer.finish(29 * 512, 58 * 512)


def test_memory_does_not_grow(tracked_peak) -> None:
    class Nowhere(io.RawIOBase):
        def write(self, data: memoryview) -> int:
            return len(data)

    def run(count: int) -> None:
        codes = BLOCKS[0].codes
        with StreamWriter(Nowhere(), BINARY) as writer:
            for index in range(count):
                writer.write(Block(index, codes))
            writer.finish(count * 5120, count * 10_240)

    run(100)
    assert tracked_peak(lambda: run(1000)) < tracked_peak(lambda: run(100)) + 20_000  # not 47 000
