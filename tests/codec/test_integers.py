"""Codes as integers and tokens: exact both ways, whatever the code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spiking_music.codec.integers import from_integers, from_tokens, to_integers, to_tokens
from spiking_music.errors import CodeError

BINARY = st.integers(0, 1)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=90)
BITS = st.integers(1, 63)


@given(hnp.arrays(np.uint8, SHAPES, elements=BINARY), BITS)
def test_codes_to_integers_and_back(codes, bits):
    units, steps = codes.shape[-2:]
    integers = to_integers(codes, bits)
    assert integers.shape == (*codes.shape[:-2], steps, -(-units // bits))
    assert integers.dtype == np.uint64
    back = from_integers(integers, units, bits)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, codes)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 140), st.just(3)), elements=BINARY),
    BITS,
)
def test_integers_equal_their_definition(codes, bits):
    integers = to_integers(codes, bits)
    for t in range(3):
        for g in range(integers.shape[1]):
            group = codes[g * bits : (g + 1) * bits, t]
            assert int(integers[t, g]) == sum(int(bit) << k for k, bit in enumerate(group))


@pytest.mark.parametrize("units", [1, 80, 1024])
@pytest.mark.parametrize("bits", [1, 16, 63])
def test_full_codes(units, bits):
    codes = np.ones((units, 4), np.uint8)
    assert int(to_integers(codes, bits).max()) == (1 << min(bits, units)) - 1
    np.testing.assert_array_equal(from_integers(to_integers(codes, bits), units, bits), codes)


@given(
    bits=BITS,
    longest=st.integers(1, 9),
    runs=st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(1, 30)), max_size=20),
)
def test_integers_to_tokens_and_back(bits, longest, runs):
    values = [value % 2**bits for value, length in runs for _ in range(length)]
    sequence = np.array(values, dtype=np.uint64)
    tokens = to_tokens(sequence, bits, longest)
    assert len(tokens) <= len(sequence)
    assert all(int(token) < 2**bits + longest for token in tokens)
    np.testing.assert_array_equal(from_tokens(tokens, bits, longest), sequence)


def test_tokens_of_a_known_sequence():
    sequence = np.array([5, 0, 0, 0, 0, 0, 0, 3, 3], dtype=np.uint64)
    # 5 | 0, repeated 4 more times, then 1 more | 3, repeated once
    expected = [5, 0, 8 + 3, 8 + 0, 3, 8 + 0]
    np.testing.assert_array_equal(to_tokens(sequence, bits=3, longest=4), expected)


def test_sparse_codes_make_short_streams():
    codes = (np.random.default_rng(0).random((80, 256)) < 0.002).astype(np.uint8)
    sequence = to_integers(codes, 16).ravel()
    assert len(to_tokens(sequence, 16, 256)) < 4 * codes.sum() < len(sequence)


def test_a_stream_need_not_be_the_shortest():
    np.testing.assert_array_equal(from_tokens(np.array([1, 1, 4, 4]), bits=2, longest=2), [1] * 4)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: to_integers(np.full((2, 2), 2), 4), "0 or 1"),
        (lambda: to_integers(np.zeros((2, 2)), 64), "1 .. 63"),
        (lambda: from_integers(np.zeros((4, 3), np.uint64), 80, 16), "shape"),
        (lambda: from_integers(np.full((1, 1), 8, np.uint64), 3, 4), "beyond its group"),
        (lambda: from_integers(np.full((1, 1), 16, np.uint64), 4, 4), "beyond its group"),
        (lambda: from_integers(np.array([[-1]]), 4, 4), "negative"),
        (lambda: to_tokens(np.array([8]), 3, 4), "3 bits"),
        (lambda: to_tokens(np.zeros(1, np.int64), 3, 0), "repetitions"),
        (lambda: from_tokens(np.array([8]), 3, 4), "nothing to repeat"),
        (lambda: from_tokens(np.array([0, 12]), 3, 4), "vocabulary"),
        (lambda: from_tokens(np.array([-3]), 3, 4), "non-negative"),
    ],
)
def test_malformed_input_is_named(call, sentence):
    with pytest.raises(CodeError, match=sentence):
        call()
