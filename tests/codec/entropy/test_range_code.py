"""The range coder: constriction's bytes, ended at the shortest of them, safe from any bytes."""

import constriction
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.errors import CodeError
from spiking_music.rangecoder.binary_code import EventDecoder, encode_events
from spiking_music.rangecoder.range_code import categorical, decode_rows, encode_rows, shortest

SYMBOLS = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 65535)), min_size=1, max_size=300)
BERNOULLI = constriction.stream.model.Bernoulli(perfect=False)


def by_constriction(symbols: np.ndarray, k: np.ndarray) -> bytes:
    coder = constriction.stream.queue.RangeEncoder()
    coder.encode(symbols, BERNOULLI, k / 65536)
    words = coder.get_compressed()
    position, (lower, length) = coder.pos()
    return shortest(words, position, lower, length)


def matrices(drawn: list) -> tuple[np.ndarray, np.ndarray]:
    symbols, k = zip(*drawn, strict=True)
    return np.array(symbols, np.int32), np.array(k, np.uint16)


@settings(max_examples=300)
@given(SYMBOLS)
def test_round_trip_at_no_more_than_a_byte_beyond_the_ideal(drawn: list) -> None:
    symbols, k = matrices(drawn)
    payload = encode_events(symbols, k)
    np.testing.assert_array_equal(EventDecoder(payload).decode(k), symbols)
    p = k / 65536
    ideal = -np.log2(np.where(symbols, p, 1 - p)).sum()
    assert 8 * len(payload) <= ideal + 8 + 0.01 * len(k)


@settings(max_examples=300)
@given(SYMBOLS)
def test_the_bytes_are_those_of_constriction(drawn: list) -> None:
    symbols, k = matrices(drawn)
    assert encode_events(symbols, k) == by_constriction(symbols, k)


def test_every_probability_is_rounded_as_constriction_rounds_it() -> None:
    k = np.repeat(np.arange(1, 65536, dtype=np.uint16), 2)
    symbols = np.tile(np.array([0, 1], np.int32), 65535)
    assert encode_events(symbols, k) == by_constriction(symbols, k)


def test_a_carry_runs_through_words_of_ones() -> None:
    """Ones of small probability push the interval to its top until a long carry falls."""
    draw = np.random.default_rng(0)
    for _ in range(200):
        k = draw.choice([1, 2, 65534, 65535], 400).astype(np.uint16)
        symbols = draw.integers(0, 2, 400).astype(np.int32)
        symbols[: draw.integers(400)] = 1
        assert encode_events(symbols, k) == by_constriction(symbols, k)


@pytest.mark.parametrize("symbol", [0, 1])
@pytest.mark.parametrize("k", [1, 32768, 65535])
def test_extremes(symbol: int, k: int) -> None:
    symbols, ks = np.full(5000, symbol, np.int32), np.full(5000, k, np.uint16)
    np.testing.assert_array_equal(EventDecoder(encode_events(symbols, ks)).decode(ks), symbols)


def test_nothing_is_nothing() -> None:
    assert encode_events(np.empty(0, np.int32), np.empty(0, np.uint16)) == b""


@settings(max_examples=300)
@given(st.binary(max_size=40), st.integers(1, 65535))
def test_any_bytes_are_the_symbols_that_constriction_reads_or_an_error(
    payload: bytes, k: int
) -> None:
    ks = np.full(200, k, np.uint16)
    try:
        symbols = EventDecoder(payload).decode(ks)
    except CodeError:
        return
    padded = np.frombuffer(payload + bytes(-len(payload) % 4), ">u4").astype(np.uint32)
    coder = constriction.stream.queue.RangeDecoder(padded)
    np.testing.assert_array_equal(symbols, coder.decode(BERNOULLI, ks / 65536))


def test_the_sliver_above_all_symbols_is_an_error() -> None:
    with pytest.raises(CodeError, match="impossible"):
        EventDecoder(b"\xff" * 8).decode(np.array([5], np.uint16))
    with pytest.raises(CodeError, match="impossible"):
        decode_rows(b"\xff" * 8, [categorical(np.array([3, 5, 8], np.uint16))], 1)


@settings(max_examples=100)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=80))
def test_rows_of_larger_alphabets(drawn: list) -> None:
    rows = np.array(drawn[: len(drawn) // 2 * 2], np.int32).reshape(2, -1)
    models = [categorical(np.array(w, np.uint16)) for w in ([1, 2, 3, 4, 5], [9, 1, 1, 1, 60000])]
    payload = encode_rows(rows, models)
    np.testing.assert_array_equal(decode_rows(payload, models, rows.shape[1]), rows)
