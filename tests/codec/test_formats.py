"""The paper's storage formats: costs, packing, and refusal of what packing cannot have written."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spiking_music.codec import formats
from spiking_music.codec.bits import gather, spread, width
from spiking_music.codec.formats import (
    FORMATS,
    cheapest,
    compress,
    cost,
    count_bits,
    entropy_bound,
    enumeration_bound,
    pack,
    packed_bits,
    unpack,
)
from spiking_music.errors import CodeError

EVENTS = [(0, 3), (1, 0), (1, 4), (2, 9), (3, 1), (3, 3), (4, 6)]  # the paper's, N = 5, T = 10
MATRICES = st.tuples(st.integers(1, 9), st.integers(1, 20)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 1))
)


@pytest.fixture
def example() -> np.ndarray:
    z = np.zeros((5, 10), dtype=np.uint8)
    z[tuple(zip(*EVENTS, strict=True))] = 1
    return z


def matrix(units: int, steps: int, events: int, seed: int = 0) -> np.ndarray:
    flat = np.zeros(units * steps, dtype=np.uint8)
    flat[np.random.default_rng(seed).choice(units * steps, events, replace=False)] = 1
    return flat.reshape(units, steps)


@pytest.mark.parametrize(("format", "bits"), zip(FORMATS, (50, 49, 40, 48), strict=True))
def test_worked_example(example: np.ndarray, format: str, bits: int) -> None:
    assert cost(format, 5, 10, 7) == bits
    packed = pack(example, format)
    assert packed.bits == bits
    assert len(packed.payload) == math.ceil(bits / 8)
    np.testing.assert_array_equal(unpack(packed.payload, format, 5, 10, 7), example)


def test_lists_of_the_worked_example(example: np.ndarray) -> None:
    times, units = compress(example)
    assert times.tolist() == [3, 0, 4, 9, 1, 3, 6]
    assert units.tolist() == [0, 1, 3, 4, 6, 7]


def test_packed_bytes_of_the_worked_example(example: np.ndarray) -> None:
    # by hand: inner pointers 1 3 4 6 in 3 bits, times 3 0 4 9 1 3 6 in 4 bits
    digits = "001 011 100 110" + "0011 0000 0100 1001 0001 0011 0110"
    by_hand = int(digits.replace(" ", ""), 2).to_bytes(5, "big")
    assert pack(example, "time").payload == by_hand


@pytest.mark.parametrize(("units", "steps"), [(5, 10), (8, 16), (1, 7), (7, 1), (1, 1), (3, 33)])
@pytest.mark.parametrize("format", FORMATS)
def test_packing_costs_the_formula_but_for_the_pointer_bit(
    format: str, units: int, steps: int
) -> None:
    pointers = {"dense": 0, "coo": 0, "time": units - 1, "units": steps - 1}[format]
    for events in range(units * steps + 1):
        packed = pack(matrix(units, steps, events), format)
        power_of_two = events > 0 and events & (events - 1) == 0
        assert packed.bits == cost(format, units, steps, events) + pointers * power_of_two
        assert packed.bits == packed_bits(format, units, steps, events)
        assert len(packed.payload) == math.ceil(packed.bits / 8)


def test_no_event_costs_nothing_but_in_the_dense_format() -> None:
    assert [pack(np.zeros((80, 256)), format).bits for format in FORMATS] == [20480, 0, 0, 0]


@given(MATRICES, st.sampled_from(FORMATS))
def test_round_trip(z: np.ndarray, format: str) -> None:
    packed = pack(z, format)
    np.testing.assert_array_equal(unpack(packed.payload, format, *z.shape, int(z.sum())), z)


@given(MATRICES, st.sampled_from(FORMATS), st.data())
def test_any_payload_is_refused_or_canonical(
    z: np.ndarray, format: str, data: st.DataObject
) -> None:
    payload = bytearray(pack(z, format).payload)
    if payload:
        bit = data.draw(st.integers(0, 8 * len(payload) - 1))
        payload[bit // 8] ^= 1 << bit % 8
    events = int(z.sum())
    try:
        changed = unpack(bytes(payload), format, *z.shape, events)
    except CodeError:
        return
    assert changed.sum() == events
    assert pack(changed, format).payload == payload


def test_costs_of_many_counts_are_the_costs_of_each() -> None:
    events = np.arange(80 * 256 + 1)
    ceil_log2 = [0, *(math.ceil(math.log2(s)) for s in range(1, len(events)))]
    expected = {
        "dense": [80 * 256] * len(events),
        "coo": [s * (7 + 8) for s in events],
        "time": [s * 8 + 79 * ceil_log2[s] for s in events],
        "units": [s * 7 + 255 * ceil_log2[s] for s in events],
    }
    for format in FORMATS:
        np.testing.assert_array_equal(cost(format, 80, 256, events), expected[format])
    index, bits = cheapest(80, 256, events)
    np.testing.assert_array_equal(bits, np.min(list(expected.values()), axis=0))
    assert all(expected[FORMATS[i]][s] == bits[s] for s, i in enumerate(index))


def test_four_regimes_of_figure_1() -> None:
    index, _ = cheapest(80, 1024, np.arange(80 * 1024 + 1))
    assert {FORMATS[i] for i in index} == set(FORMATS)


def test_bounds() -> None:
    pytest.importorskip("scipy")
    events = np.arange(81)
    entropy = entropy_bound(8, 10, events)
    exact = np.array([math.log2(math.comb(80, s)) for s in events])
    np.testing.assert_allclose(enumeration_bound(8, 10, events), exact, atol=1e-9)
    assert entropy[0] == entropy[80] == 0
    assert entropy[40] == pytest.approx(80)
    assert (entropy >= exact - 1e-9).all()
    for format in ("dense", "coo"):  # without pointers, the paper's count can be decoded
        assert (cost(format, 8, 10, events) >= exact - 1e-9).all()


def test_count_bits_hold_every_count() -> None:
    assert [count_bits(largest) for largest in (0, 1, 7, 8, 20480)] == [0, 1, 3, 4, 15]


@given(st.integers(1, 2**40))
def test_width_is_exact(values: int) -> None:
    assert width(values) == (values - 1).bit_length()


@given(st.lists(st.integers(0, 2**17 - 1)))
def test_numbers_survive_their_digits(numbers: list[int]) -> None:
    digits = spread(numbers, 17)
    assert gather(digits).tolist() == numbers
    text = "".join(map(str, digits.ravel()))
    assert text == "".join(f"{number:017b}" for number in numbers)


def corrupt(digits: str) -> bytes:
    digits = digits.replace(" ", "")
    size = math.ceil(len(digits) / 8)
    return int(digits.ljust(8 * size, "0"), 2).to_bytes(size, "big")


@pytest.mark.parametrize(
    ("format", "digits", "message"),
    [  # N = 3, T = 5, S = 3: pointers 2 bits, times 3 bits, units 2 bits
        ("time", "10 01 000 001 010", "must not decrease"),
        ("time", "01 01 000 001 101", "outside"),
        ("time", "11 11 010 001 011", "in order"),
        ("time", "11 11 001 001 011", "differ"),
        ("units", "01 01 01 10 00 00 11", "outside"),
        ("units", "11 01 01 01 00 00 00", "must not decrease"),
        ("coo", "00 000 00 001 11 000", "outside"),
        ("coo", "00 000 00 111 10 000", "outside"),
        ("coo", "10 000 00 001 01 000", "in order"),
        ("coo", "00 001 00 001 01 000", "differ"),
        ("dense", "10000 10000 00000", "holds 2 events, not 3"),
        ("dense", "10000 10000 10000 1", "padding"),
    ],
)
def test_unpack_refuses(format: str, digits: str, message: str) -> None:
    with pytest.raises(CodeError, match=message):
        unpack(corrupt(digits), format, 3, 5, 3)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("change", [lambda p: p[:-1], lambda p: p + b"\0", lambda p: b""])
def test_unpack_refuses_other_lengths(example: np.ndarray, format: str, change) -> None:
    with pytest.raises(CodeError, match="bytes"):
        unpack(change(pack(example, format).payload), format, 5, 10, 7)


@pytest.mark.parametrize("events", [-1, 51])
def test_impossible_counts_are_refused(events: int) -> None:
    with pytest.raises(CodeError, match="do not fit 5 units x 10 steps"):
        cost("coo", 5, 10, [3, events])


def test_what_is_no_event_matrix_is_refused(example: np.ndarray) -> None:
    with pytest.raises(CodeError, match="only 0 and 1"):
        pack(example * 2, "coo")
    with pytest.raises(CodeError, match="only 0 and 1"):
        pack(np.full((2, 2), np.nan), "coo")
    with pytest.raises(CodeError, match="two axes"):
        pack(example[0], "coo")
    with pytest.raises(CodeError, match="unknown format 'row'; known are dense"):
        pack(example, "row")
    with pytest.raises(CodeError, match="at least one unit"):
        cost("dense", 0, 10, 0)


def test_what_the_paper_stores_is_the_cheapest_format_with_all_that_a_receiver_needs() -> None:
    events = np.array([0, 40, 1000, 20480])
    cheapest = formats.cheapest(80, 256, events)[1]
    np.testing.assert_array_equal(formats.stored_bits(80, 256, events) - cheapest, 2 + 15)
    np.testing.assert_array_equal(formats.stored_bits(80, 256, events, 1000) - cheapest, 2 + 10)
    with_level = formats.stored_bits(80, 256, events, 1023, levels=True)
    np.testing.assert_array_equal(with_level - cheapest, 2 + 10 + 5)
