"""Payloads: every format gives back its codes, and `best` is the smallest."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiking_music.codec.formats import FORMATS as PLAIN
from spiking_music.codec.stream import Block, summary
from spiking_music.errors import CodeError
from tests.codec.stream.examples import (
    BINARY,
    FORMATS,
    RVQ,
    RunLengths,
    lengths,
    random_blocks,
    reader,
    same,
    write,
)

HEADERS = {"binary": BINARY, "rvq": RVQ}
CASES = [(kind, format) for kind, formats in FORMATS.items() for format in formats]


@pytest.mark.parametrize(("kind", "format"), CASES)
@given(st.floats(0, 0.3), st.integers(1, 4), st.integers(0, 99), st.booleans())
def test_round_trip(
    kind: str, format: str, density: float, count: int, seed: int, pipe: bool
) -> None:
    header = HEADERS[kind]
    blocks = random_blocks(header, count, density, seed)
    opened = reader(write(header, blocks, format), pipe)
    found = list(opened.blocks())
    assert all(same(*pair) for pair in zip(found, blocks, strict=True))
    assert opened.trailer is not None
    assert (opened.trailer.samples, opened.trailer.original_samples) == lengths(header, blocks)


@given(st.integers(1, 12), st.integers(1, 20), st.sampled_from([2, 3, 1000, 65_536]), st.data())
def test_indices_of_any_width(rows: int, steps: int, size: int, data: st.DataObject) -> None:
    header = replace(RVQ, rows=rows, codebook_size=size, block_steps=steps)
    entries = st.lists(st.integers(0, size - 1), min_size=rows * steps, max_size=rows * steps)
    codes = np.array(data.draw(entries)).reshape(rows, steps)
    stream = write(header, [Block(0, codes)], "packed")
    (block,) = reader(stream).blocks()
    np.testing.assert_array_equal(block.codes, codes)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 99))
def test_best_is_the_smallest(rows: int, steps: int, density: float, seed: int) -> None:
    header = replace(BINARY, rows=rows, block_steps=steps)
    block = random_blocks(header, 1, density, seed)[0]
    sizes = {}
    for format in (*PLAIN, "entropy"):
        try:
            sizes[format] = len(write(header, [block], format))
        except CodeError:  # more than a block may hold
            continue
    assert len(write(header, [block])) == min(sizes[format] for format in PLAIN if format in sizes)
    with_coder = write(header, [block], coder=RunLengths(header))
    assert len(with_coder) == min(sizes.values())


def test_of_equal_formats_the_simplest_is_taken() -> None:
    z = np.zeros((5, 10), dtype=np.uint8)
    told = summary(io.BytesIO(write(BINARY, [Block(0, z)])))
    assert told.formats == {"coo": 1}  # no byte, as `time` and `units`
    assert told.payload_bytes == 0


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.zeros((4, 10), np.uint8), "codes of a block are 5 x 1 .. 10"),
        (np.zeros((5, 11), np.uint8), "codes of a block are"),
        (np.zeros((5, 0), np.uint8), "codes of a block are"),
        (np.zeros((1, 5, 10), np.uint8), "codes of a block are"),
        (np.full((5, 10), 2), "whole numbers within 0 .. 1"),
        (np.full((5, 10), -1), "whole numbers"),
        (np.full((5, 10), 0.5), "whole numbers"),
    ],
)
def test_what_are_no_codes_is_refused(codes: np.ndarray, message: str) -> None:
    with pytest.raises(CodeError, match=message):
        write(BINARY, [Block(0, codes)])


def test_an_index_beyond_the_codebook_is_refused() -> None:
    with pytest.raises(CodeError, match=r"within 0 \.\. 999"):
        write(RVQ, [Block(0, np.full((3, 10), 1000))])


def test_a_format_that_needs_too_much_is_refused() -> None:
    header = replace(BINARY, rows=80, block_steps=256)
    block = random_blocks(header, 1, density=0.5)[0]
    with pytest.raises(CodeError, match=r"as 'coo' are more than the 2624 .* choose 'best'"):
        write(header, [block], "coo")


@pytest.mark.parametrize(("kind", "format"), [("binary", "packed"), ("rvq", "coo"), ("rvq", "row")])
def test_formats_of_the_other_kind_are_refused(kind: str, format: str) -> None:
    with pytest.raises(CodeError, match=f"no format '{format}'; known are best"):
        write(HEADERS[kind], random_blocks(HEADERS[kind], 1), format)


class Liar(RunLengths):
    """A coder that decodes to something else."""

    def __init__(self, codes: np.ndarray) -> None:
        super().__init__(BINARY)
        self.codes = codes

    def decode(self, payload: bytes, steps: int) -> np.ndarray:
        return self.codes


@pytest.mark.parametrize("shape", [(5, 9), (5, 11), (4, 10), (50,)])
@pytest.mark.parametrize("value", [0, 1, 2])
def test_what_a_coder_returns_is_checked(shape: tuple[int, ...], value: int) -> None:
    opened = reader(write(BINARY, [random_blocks(BINARY, 2)[0]], "entropy"))
    opened.coder = Liar(np.full(shape, value))
    with pytest.raises(CodeError, match="block 0"):
        list(opened.blocks())
    opened.coder = None
    with pytest.raises(CodeError, match="needs the tables of the model 000102"):
        list(opened.blocks())
    with pytest.raises(CodeError, match="give a coder"):
        list(opened.salvage())
