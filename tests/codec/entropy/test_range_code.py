"""The range coder: exact, ended at the shortest bytes, safe from any bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.entropy.range_code import Decoder, Encoder
from spiking_music.errors import CodeError

SYMBOLS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 65535)), min_size=1, max_size=300)


def coded(symbols: np.ndarray, p: np.ndarray) -> bytes:
    encoder = Encoder()
    encoder.bernoulli(symbols, p)
    return encoder.finish()


@settings(max_examples=300)
@given(SYMBOLS)
def test_round_trip_at_no_more_than_a_byte_beyond_the_ideal(drawn: list) -> None:
    symbols, k = (np.array(column) for column in zip(*drawn, strict=True))
    p = k / 65536
    payload = coded(symbols.astype(np.int32), p)
    np.testing.assert_array_equal(Decoder(payload).bernoulli(p), symbols)
    ideal = -np.log2(np.where(symbols, p, 1 - p)).sum()
    assert 8 * len(payload) <= ideal + 8 + 0.01 * len(k)


@pytest.mark.parametrize("symbol", [0, 1])
@pytest.mark.parametrize("k", [1, 32768, 65535])
def test_extremes(symbol: int, k: int) -> None:
    symbols, p = np.full(5000, symbol, np.int32), np.full(5000, k / 65536)
    np.testing.assert_array_equal(Decoder(coded(symbols, p)).bernoulli(p), symbols)


def test_nothing_is_nothing() -> None:
    assert Encoder().finish() == b""


@settings(max_examples=300)
@given(st.binary(max_size=40), st.integers(1, 65535))
def test_any_bytes_are_symbols_or_an_error(payload: bytes, k: int) -> None:
    try:
        symbols = Decoder(payload).bernoulli(np.full(200, k / 65536))
    except CodeError:
        return
    assert set(symbols) <= {0, 1}
