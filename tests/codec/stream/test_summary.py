"""What a stream says about itself."""

import io
from dataclasses import replace

import pytest

from spiking_music.codec.stream import summary
from spiking_music.errors import CodeError
from tests.codec.stream.examples import BINARY, RVQ, Pipe, lengths, random_blocks, write


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("format", ["best", "entropy"])
def test_bytes_and_rates(format: str, pipe: bool) -> None:
    blocks = random_blocks(BINARY, 7)
    stream = write(BINARY, blocks, format)
    told = summary(Pipe(stream) if pipe else io.BytesIO(stream))
    samples, _ = lengths(BINARY, blocks)
    events = [int(block.codes.sum()) for block in blocks]
    assert told.header == BINARY
    assert told.total_bytes == len(stream)
    assert told.seconds == samples / 22_050
    assert told.kbps == pytest.approx(8 * len(stream) / (samples / 22_050) / 1000)
    assert told.events == sum(events)
    assert [block.events for block in told.blocks] == events
    assert [block.steps for block in told.blocks] == [10] * 6 + [9]
    assert [block.level for block in told.blocks] == list(range(7))
    assert [block.gain for block in told.blocks] == [block.gain for block in blocks]
    assert sum(told.formats.values()) == 7


def test_rvq_has_no_events() -> None:
    told = summary(io.BytesIO(write(RVQ, random_blocks(RVQ, 2))))
    assert told.events == 0
    assert told.formats == {"packed": 2}
    assert told.blocks[0].length == -(-3 * 10 * 10 // 8)


def test_no_payload_is_more_than_dense_and_64_bytes() -> None:
    header = replace(BINARY, rows=80, block_steps=256)
    told = summary(io.BytesIO(write(header, random_blocks(header, 3, 0.3))))
    assert max(block.length for block in told.blocks) <= header.payload_limit == 2560 + 64


def test_damage_is_an_error() -> None:
    stream = bytearray(write(BINARY, random_blocks(BINARY, 3)))
    stream[75] ^= 1
    with pytest.raises(CodeError):
        summary(io.BytesIO(stream))
