"""Fitting: the model learns what is there, tables survive their file, and bad input is refused."""

from pathlib import Path

import numpy as np
import pytest

from spiking_music.codec.entropy import (
    EntropyTables,
    fit_entropy,
    ideal_bits,
    load_tables,
    make_coder,
    save_tables,
)
from spiking_music.codec.entropy.adaptive import CONTEXTS
from spiking_music.codec.formats import cheapest, entropy_bound
from spiking_music.errors import CodeError
from spiking_music.models.event_tables import INT16
from tests.codec.entropy.conftest import learned, numbers

UNITS, STEPS = 10, 64


def bursts(clips: int, seed: int) -> np.ndarray:
    """Codes (clips, UNITS, STEPS) of units in pairs that agree, in bursts of eight steps."""
    draw = np.random.default_rng(seed)
    on = draw.random((clips, UNITS // 2, STEPS // 8)) < 0.15
    events = np.repeat(np.repeat(on, 2, axis=1), 8, axis=2)
    return (events ^ (draw.random(events.shape) < 0.01)).astype(np.uint8)


def walks(clips: int, seed: int) -> np.ndarray:
    """Indices (clips, 2, STEPS): names of a slow walk on a ring, and of a copy of it."""
    draw = np.random.default_rng(seed)
    walk = draw.integers(-1, 2, (clips, STEPS)).cumsum(axis=1) + draw.integers(32, size=(clips, 1))
    names = np.random.default_rng(0).permutation(32)
    return np.stack([names[walk % 32], names[(walk + 3) % 32]], axis=1)


@pytest.fixture(scope="module")
def binary() -> EntropyTables:
    return fit_entropy([bursts(60, 1), bursts(40, 2)], "binary", rounds=600)


@pytest.fixture(scope="module")
def rvq() -> EntropyTables:
    return fit_entropy([walks(100, 1)], "rvq", 32, rounds=600)


def test_structure_is_found(binary: EntropyTables) -> None:
    unseen = bursts(20, 3)
    bits = sum(ideal_bits(binary, z) for z in unseen)
    events = unseen.sum(axis=(1, 2))
    assert bits < 0.5 * entropy_bound(UNITS, STEPS, events).sum()
    assert bits < 0.4 * cheapest(UNITS, STEPS, events)[1].sum()
    each = [make_coder(binary).bits(z) for z in unseen]
    total = {name: sum(bits[name] for bits in each) for name in each[0]}
    assert total["learned"] < 0.8 * total["static"]
    assert total["adaptive"] < 0.8 * total["static"]
    assert total["static"] < 0.8 * total["raw"]


def test_structure_of_indices_is_found(rvq: EntropyTables) -> None:
    each = [make_coder(rvq).bits(z) for z in walks(20, 3)]
    total = {name: sum(bits[name] for bits in each) for name in each[0]}
    assert total["learned"] < 0.7 * total["static"]
    assert total["static"] < 1.05 * total["raw"]


def test_fitted_tables_code_exactly(binary: EntropyTables, rvq: EntropyTables) -> None:
    for tables, unseen in ((binary, bursts(5, 4)), (rvq, walks(5, 4))):
        coder = make_coder(tables)
        for codes in unseen:
            payload = coder.encode(codes)
            assert payload[0] in (2, 3)
            np.testing.assert_array_equal(coder.decode(payload, STEPS), codes)
            assert 8 * len(payload) <= 1.01 * ideal_bits(tables, codes) + 8


def test_tables_survive_their_file(binary: EntropyTables, rvq: EntropyTables, tmp_path) -> None:
    for tables, unseen in ((binary, bursts(3, 5)), (rvq, walks(3, 5))):
        paths = tmp_path / "one.safetensors", tmp_path / "two.safetensors"
        save_tables(tables, paths[0])
        loaded = load_tables(paths[0])
        save_tables(loaded, paths[1])
        assert paths[0].read_bytes() == paths[1].read_bytes()
        for codes in unseen:
            assert make_coder(loaded).encode(codes) == make_coder(tables).encode(codes)


def test_equal_seeds_give_equal_tables(binary: EntropyTables) -> None:
    again = fit_entropy([bursts(60, 1), bursts(40, 2)], "binary", rounds=600)
    for one, two in zip(binary.learned, again.learned, strict=True):
        np.testing.assert_array_equal(one, two)


def test_blocks_of_another_length_than_the_clips(binary: EntropyTables) -> None:
    coder = make_coder(binary)
    z = np.hstack(list(bursts(30, 6)))  # 1920 steps
    np.testing.assert_array_equal(coder.decode(coder.encode(z), z.shape[1]), z)


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(CodeError, match="no codes"):
        fit_entropy([], "binary", rounds=600)
    with pytest.raises(CodeError, match="binary codes"):
        fit_entropy([np.full((1, 2, 3), 2)], "binary", rounds=600)
    with pytest.raises(CodeError, match="rvq codes"):
        fit_entropy([np.full((1, 2, 3), 8)], "rvq", 8, rounds=600)


def test_tables_that_cannot_be_used_are_refused(binary_tables, rvq_tables, tmp_path: Path) -> None:
    good, indices = binary_tables(8), rvq_tables(2, 8)
    k = numbers("k", (8, CONTEXTS), 1, 9).astype(np.uint16)
    large = learned("w", 8, INT16 // 8)
    for bad in (
        {"static": good.static[:7]},
        {"static": 0 * good.static},
        {"static": good.static.astype(np.int32)},
        {"adaptive": good.adaptive._replace(k=k[:, 1:])},
        {"learned": good.learned._replace(own=good.learned.own[:7])},
        {"learned": large},
        {"labels": indices.labels},
        {"kind": "other"},
        {"rows": 0},
    ):
        with pytest.raises(CodeError):
            EntropyTables(**(vars(good) | bad))
    with pytest.raises(CodeError, match="labels"):
        EntropyTables(**(vars(indices) | {"labels": 0 * indices.labels}))
    with pytest.raises(CodeError, match="no entropy tables at"):
        load_tables(tmp_path / "none.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(CodeError, match="damaged"):
        load_tables(tmp_path / "damaged.safetensors")
