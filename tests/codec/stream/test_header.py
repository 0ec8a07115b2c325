"""The header: what it holds comes back, and what is out of its bounds does not."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiking_music.codec.stream import Header, StreamReader
from spiking_music.codec.stream.header import HEADER_BYTES, pack_header, unpack_header
from spiking_music.errors import CodeError
from tests.codec.stream.examples import BINARY, RVQ, random_blocks, write


@st.composite
def headers(draw: st.DrawFn) -> Header:
    kind = draw(st.sampled_from(["binary", "rvq"]))
    codebook = 1 if kind == "binary" else draw(st.integers(2, 65536))
    rows = draw(st.integers(1, 4096))
    most = 523_768 // rows // max(1, (codebook - 1).bit_length())
    return Header(
        draw(st.binary(min_size=16, max_size=16)),
        kind,
        rows,
        codebook,
        draw(st.integers(1000, 768_000)),
        draw(st.integers(1, 256)),
        draw(st.integers(1, min(most, 65535))),
        draw(st.integers(1000, 768_000)),
    )


@given(headers(), st.integers(0, 2**32 - 1))
def test_round_trip(header: Header, salt: int) -> None:
    head = pack_header(header, salt)
    assert len(head) == HEADER_BYTES
    assert unpack_header(head) == header


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fingerprint", b"short"),
        ("kind", "spikes"),
        ("rows", 0),
        ("rows", 4097),
        ("codebook_size", 0),
        ("codebook_size", 2),
        ("sample_rate", 999),
        ("original_rate", 768_001),
        ("hop", 0),
        ("hop", 65_536),
        ("block_steps", 0),
        ("block_steps", 65_536),
        ("block_steps", 523_768 // 5 + 1),  # more bits than a block may have
    ],
)
def test_bounds(field: str, value: object) -> None:
    with pytest.raises(CodeError):
        replace(BINARY, **{field: value})


def test_bounds_of_codebooks_and_of_samples() -> None:
    assert replace(RVQ, codebook_size=65_536).entry_bits == 16
    for size in (1, 65_537):
        with pytest.raises(CodeError, match="codebook"):
            replace(RVQ, codebook_size=size)
    with pytest.raises(CodeError, match="samples a block"):
        replace(BINARY, rows=1, hop=65_535, block_steps=257)


def test_every_changed_bit_is_noticed() -> None:
    head = pack_header(BINARY, 7)
    for bit in range(8 * len(head)):
        changed = bytearray(head)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodeError):
            unpack_header(bytes(changed))


@pytest.mark.parametrize("damage", [(b"\r\n", b"\n"), (b"\n", b"\r\n"), (b"\x89", b"\x09")])
def test_a_transfer_as_text_is_named(damage: tuple[bytes, bytes]) -> None:
    stream = write(BINARY, random_blocks(BINARY, 2)).replace(*damage)
    with pytest.raises(CodeError, match="transfer as text"):
        list(StreamReader(io.BytesIO(stream)).blocks())


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"", "no .spk stream"),
        (b"RIFF" * 20, "no .spk stream"),
        (b"\x89SPK\r\n\x1a\n", "ends within its header"),
        (b"\x89SPK\r\n\x1a\n\x02" + bytes(60), "version 2"),
    ],
)
def test_what_is_no_header_is_told(head: bytes, message: str) -> None:
    with pytest.raises(CodeError, match=message):
        StreamReader(io.BytesIO(head))
