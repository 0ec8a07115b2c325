"""The context-mixing model: exact, close to the ideal, and refusal of what it cannot code."""

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.entropy import (
    METHODS,
    EntropyTables,
    fit_entropy,
    load_tables,
    make_coder,
    save_tables,
)
from spiking_music.codec.entropy.coder import CONTEXT_MIXING, EntropyCoder
from spiking_music.errors import CodeError
from spiking_music.mdct.context_network import LARGEST_WEIGHT, REACH
from spiking_music.mdct.context_tables import Net
from spiking_music.mdct.thermometer import Layout, Quantized, from_thermometer, to_thermometer
from tests.codec.entropy.conftest import context_mixing, quantized

SMALL = Layout(9, 3, 4, 2, 5, 3)
LAYOUT = Layout(24, 4, 6, 2, 9, 4)
GOLDEN = "795bd8d1b75c"  # sha256 of a payload


def tones(clips: int, seed: int, steps: int = 96) -> np.ndarray:
    """Events (clips, N, T) of `LAYOUT`: notes that decay, of two bins whose signs turn."""
    draw = np.random.default_rng(seed)
    made = []
    for _ in range(clips):
        levels = np.zeros((steps + 8, LAYOUT.bins), np.int8)
        for start in np.flatnonzero(draw.random(steps) < 0.1):
            n, way = int(draw.integers(LAYOUT.bins - 1)), 1 - 2 * int(draw.integers(2))
            for age, size in enumerate((4, 3, 3, 2, 2, 1, 1, 1)):
                turn = way * (-1) ** ((start + age) * n)
                levels[start + age, n : n + 2] = turn * size, -turn * (size + 1) // 2
        gains = np.clip(3 + draw.integers(-1, 2, steps // 16).cumsum(), 0, 6).repeat(16)
        bands = np.clip(gains[::4, None] + draw.integers(-1, 2, (len(gains[::4]), 2)), 0, 9)
        held = (gains.astype(np.int16), bands.astype(np.int16))
        made.append(to_thermometer(Quantized(levels[:steps], *held), LAYOUT))
    return np.stack(made)


def alone(tables: EntropyTables) -> EntropyCoder:
    """A coder that has no choice but this method or raw."""
    coder = make_coder(tables)
    coder._models = {CONTEXT_MIXING: coder._models[CONTEXT_MIXING]}
    return coder


@pytest.fixture(scope="module")
def fitted() -> EntropyTables:
    return fit_entropy([tones(60, 1), tones(40, 2)], "binary", rounds=40, layout=LAYOUT)


@pytest.mark.parametrize(
    "layout", [Layout(1, 1, 1, 1, 1, 1), SMALL, Layout(2 * REACH, 100, 40, 3, 18, 2)]
)
@pytest.mark.parametrize("steps", [1, 2, 40])
def test_round_trip(mdct_tables, layout: Layout, steps: int) -> None:
    coder, used = alone(mdct_tables(layout)), set()
    for density in (0, 0.05, 1):
        z = to_thermometer(quantized(layout, steps, density), layout)
        payload = coder.encode(z)
        used.add(METHODS[payload[0]])
        decoded = coder.decode(payload, steps)
        np.testing.assert_array_equal(decoded, z)
        assert decoded.dtype == np.uint8
    if steps == 40 and layout.bins > 1:
        assert "context-mixing" in used, "the codes do not exercise this method"


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_weights_do_not_overflow(mdct_tables, sign: int) -> None:
    """Everything fires at its highest, and every weight is as large as it may be."""
    layout = Layout(20, 100, 2, 1, 1, 30)
    tables = mdct_tables(layout)
    whole = tables.context_mixing
    largest = [np.full_like(table, LARGEST_WEIGHT) for table in whole.net]
    net = Net(*largest)._replace(levels=sign * largest[Net._fields.index("levels")])
    coder = make_coder(
        EntropyTables(**(vars(tables) | {"context_mixing": whole._replace(net=net)}))
    )
    levels = np.full((30, 20), 100, np.int8)
    z = to_thermometer(
        Quantized(levels, np.full(30, 2, np.int16), np.ones((1, 1), np.int16)), layout
    )
    symbols, k = coder._models[CONTEXT_MIXING].predict(z)
    likely = symbols.astype(bool) & (k >= 65535)
    assert (likely.mean() > 0.9) == (sign > 0)
    payload = alone(coder.tables).encode(z)
    np.testing.assert_array_equal(coder.decode(payload, 30), z)


def test_what_is_no_thermometer_code_is_coded_by_another_method(mdct_tables, codes) -> None:
    coder = make_coder(mdct_tables(SMALL))
    for density in (0.01, 0.1, 0.5):
        z = codes(SMALL.rows, 50, density)
        z[: 2 * SMALL.bins, 7] = 1
        assert set(coder.bits(z)) == {"raw", "static"}
        payload = coder.encode(z)
        assert METHODS[payload[0]] in ("raw", "static")
        np.testing.assert_array_equal(coder.decode(payload, 50), z)


@settings(deadline=None, max_examples=400)
@given(st.binary(max_size=140), st.integers(1, 60))
def test_any_bytes_are_a_thermometer_code_or_refused(mdct_tables, body: bytes, steps: int) -> None:
    coder = make_coder(mdct_tables(SMALL))
    try:
        z = coder.decode(bytes([CONTEXT_MIXING]) + body, steps)
    except CodeError:
        return
    assert z.shape == (SMALL.rows, steps)
    assert from_thermometer(z, SMALL) is not None


def test_a_damaged_payload_is_refused_or_other_codes(fitted: EntropyTables) -> None:
    coder, z = make_coder(fitted), tones(1, 9)[0]
    payload = bytearray(coder.encode(z))
    assert payload[0] == CONTEXT_MIXING
    for place in range(1, len(payload)):
        payload[place] ^= 0x55
        with suppress(CodeError):
            assert not np.array_equal(coder.decode(bytes(payload), z.shape[1]), z)
        payload[place] ^= 0x55
    with pytest.raises(CodeError, match="longer than its symbols"):
        coder.decode(bytes(payload) + b"garbage", z.shape[1])


def test_structure_is_found(fitted: EntropyTables) -> None:
    coder, total = make_coder(fitted), dict.fromkeys(("coded", "static"), 0.0)
    for z in tones(20, 3):
        payload, bits = coder.encode(z), coder.bits(z)
        np.testing.assert_array_equal(coder.decode(payload, z.shape[1]), z)
        assert payload[0] == CONTEXT_MIXING
        assert abs(8 * len(payload) - bits["context-mixing"]) <= 0.001 * bits["context-mixing"] + 10
        total["coded"] += 8 * len(payload)
        total["static"] += bits["static"]
    assert total["coded"] < 0.4 * total["static"]


def test_blocks_of_another_length_than_the_clips(fitted: EntropyTables) -> None:
    coder, z = make_coder(fitted), np.hstack(list(tones(10, 6)))
    np.testing.assert_array_equal(coder.decode(coder.encode(z), z.shape[1]), z)


def test_equal_seeds_give_equal_tables(fitted: EntropyTables, tmp_path: Path) -> None:
    again = fit_entropy([tones(60, 1), tones(40, 2)], "binary", rounds=40, layout=LAYOUT)
    paths = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
    save_tables(fitted, paths[0])
    save_tables(again, paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    z = tones(1, 5)[0]
    assert make_coder(load_tables(paths[0])).encode(z) == make_coder(fitted).encode(z)


@pytest.mark.parametrize("density", [0, 1])
def test_silence_and_noise_can_be_fitted(density: float) -> None:
    z = to_thermometer(quantized(SMALL, 20, density), SMALL)
    coder = make_coder(fit_entropy([z[None]], "binary", rounds=2, layout=SMALL))
    np.testing.assert_array_equal(coder.decode(coder.encode(z), 20), z)


def test_what_cannot_be_used_is_refused(mdct_tables) -> None:
    tables = mdct_tables(SMALL)
    good = tables.context_mixing
    large = good.net._replace(bins=np.full_like(good.net.bins, -LARGEST_WEIGHT - 1))
    for bad in (
        good._replace(layout=good.layout[:2]),
        good._replace(layout=np.array([9, 3, 5, 2, 5, 3], np.int32)),
        good._replace(layout=np.array([0, 3, 4, 2, 5, 3], np.int32)),
        good._replace(layout=good.layout.astype(np.int64)),
        good._replace(transitions=good.transitions._replace(gain=0 * good.transitions.gain)),
        good._replace(
            transitions=good.transitions._replace(envelope=good.transitions.envelope[:1])
        ),
        good._replace(net=good.net._replace(deep=good.net.deep[1:])),
        good._replace(net=good.net._replace(deep=good.net.deep.astype(np.int32))),
        good._replace(net=large),
        context_mixing("n", Layout(9, 2, 4, 2, 5, 3)),
    ):
        with pytest.raises(CodeError):
            EntropyTables(**(vars(tables) | {"context_mixing": bad}))
    with pytest.raises(CodeError, match="MDCT bins of layout"):
        fit_entropy([np.ones((2, SMALL.rows, 5))], "binary", rounds=1, layout=SMALL)
    with pytest.raises(CodeError, match="MDCT bins of layout"):
        fit_entropy([np.zeros((2, 5, 5))], "binary", rounds=1, layout=SMALL)


def test_golden_payload(mdct_tables) -> None:
    z = to_thermometer(quantized(LAYOUT, 64, 0.05), LAYOUT)
    payload = alone(mdct_tables(LAYOUT)).encode(z)
    assert METHODS[payload[0]] == "context-mixing"
    assert hashlib.sha256(payload).hexdigest()[:12] == GOLDEN


def test_envelopes_that_go_with_the_gain_are_cheap() -> None:
    """Bands that do as the gain does, and bands that do the same at other times."""
    draw = np.random.default_rng(3)
    quiet, costs = np.zeros((96, LAYOUT.bins), np.int8), []
    walks = np.clip(3 + draw.integers(-1, 2, (81, 24)).cumsum(axis=1), 0, 6).astype(np.int16)
    for moves in (walks[:-1], walks[1:]):
        bands = moves[:, :, None].repeat(LAYOUT.bands, axis=2)
        clips = map(Quantized, [quiet] * 80, walks[:-1].repeat(4, axis=1), bands)
        z = np.stack([to_thermometer(each, LAYOUT) for each in clips])
        coder = make_coder(fit_entropy([z[:60]], "binary", rounds=2, layout=LAYOUT))
        costs.append(np.mean([coder.bits(clip)["context-mixing"] for clip in z[60:]]))
    assert costs[1] - costs[0] > 20  # a band's 23 moves of more than a bit; the other's follow it
