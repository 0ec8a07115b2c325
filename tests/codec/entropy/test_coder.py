"""Payloads: exact, close to the ideal, the same everywhere; and refusal of what is none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.entropy import METHODS, ideal_bits, make_coder
from spiking_music.errors import CodeError
from tests.codec.entropy import golden
from tests.codec.entropy.conftest import numbers
from tests.codec.entropy.golden import digests, only, vectors

DENSITIES = (0.0, 0.005, 0.1, 0.5, 1.0)


@pytest.mark.parametrize("units", [1, 3, 4, 80, 129, 1024])
@pytest.mark.parametrize("steps", [1, 2, 37])
def test_every_method_decodes_what_it_coded(binary_tables, codes, units: int, steps: int) -> None:
    tables = binary_tables(units)
    for method in ("static", "adaptive", "learned"):
        coder = only(tables, method)
        used = set()
        for density in DENSITIES:
            z = codes(units, steps, density)
            payload = coder.encode(z)
            used.add(METHODS[payload[0]])
            decoded = coder.decode(payload, steps)
            np.testing.assert_array_equal(decoded, z)
            assert decoded.dtype == np.uint8
            assert len(payload) <= 1 + (z.size + 7) // 8
        if units >= 80 and steps == 37:
            assert used == {method, "raw"}, "the codes do not exercise this method"


@pytest.mark.parametrize(
    ("books", "size", "modelled"),
    [
        (1, 2, True),
        (2, 3, True),
        (8, 1024, True),
        (3, 1000, True),
        (3, 7, False),
        (1, 65536, False),
    ],
)
def test_indices(rvq_tables, books: int, size: int, modelled: bool) -> None:
    coder = make_coder(rvq_tables(books, size, modelled))
    for steps in (1, 50):
        for values in (numbers("i", (books, steps), 0, size), np.zeros((books, steps), int)):
            payload = coder.encode(values)
            decoded = coder.decode(payload, steps)
            np.testing.assert_array_equal(decoded, values)
            assert decoded.dtype == np.int64


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_round_trip(binary_tables, data: st.DataObject) -> None:
    units, steps = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 40))
    bits = data.draw(st.binary(min_size=units * steps, max_size=units * steps))
    z = (np.frombuffer(bits, np.uint8) % 2).reshape(units, steps)
    coder = make_coder(binary_tables(units))
    np.testing.assert_array_equal(coder.decode(coder.encode(z), steps), z)


@settings(deadline=None, max_examples=400)
@given(st.binary(max_size=140), st.integers(1, 60), st.booleans(), st.integers(0, 4))
def test_any_bytes_decode_or_are_refused(
    binary_tables, rvq_tables, body: bytes, steps: int, rvq: bool, method: int
) -> None:
    coder = make_coder(rvq_tables(3, 5) if rvq else binary_tables(9))
    try:
        codes = coder.decode(bytes([method]) + body, steps)
    except CodeError:
        return
    assert codes.shape == (3 if rvq else 9, steps)
    assert 0 <= codes.min() <= codes.max() < (5 if rvq else 2)


def test_what_shows_is_refused(binary_tables, rvq_tables, codes) -> None:
    coder = make_coder(binary_tables(80))
    z = codes(80, 256, 0.02)
    payload = coder.encode(z)
    for steps in (0, -1, 65536, 1 << 63):
        with pytest.raises(CodeError, match="steps"):
            coder.decode(payload, steps)
    with pytest.raises(CodeError, match="bytes"):
        coder.decode(b"", 256)
    with pytest.raises(CodeError, match="bytes"):
        coder.decode(payload + bytes(80 * 256), 256)
    with pytest.raises(CodeError, match="zero byte"):
        coder.decode(payload + b"\0", 256)
    with pytest.raises(CodeError, match="longer than its symbols"):
        coder.decode(payload + b"garbage", 256)
    with pytest.raises(CodeError, match="unknown method 7"):
        coder.decode(b"\7" + payload[1:], 256)
    with pytest.raises(CodeError, match="raw codes"):
        coder.decode(b"\0" + payload[1:], 256)
    with pytest.raises(CodeError, match="shape"):
        coder.encode(z[:79])
    with pytest.raises(CodeError, match=r"0\.\.1"):
        coder.encode(2 * z)
    with pytest.raises(CodeError, match=r"0\.\.4"):
        make_coder(rvq_tables(3, 5)).encode(np.full((3, 9), 5))


@pytest.mark.parametrize("density", [0.01, 0.05, 0.2, 0.4])
@pytest.mark.parametrize("method", ["static", "adaptive", "learned"])
def test_coded_is_within_a_byte_and_a_permille_of_the_ideal(
    binary_tables, codes, method: str, density: float
) -> None:
    coder, z = only(binary_tables(80), method), codes(80, 256, density)
    payload, ideal = coder.encode(z), coder.bits(z)[method]
    if METHODS[payload[0]] == method:
        assert ideal <= 8 * len(payload) + 1 <= 1.001 * ideal + 10


def test_the_best_method_is_taken(binary_tables, codes) -> None:
    tables = binary_tables(80)
    coder = make_coder(tables)
    for density in DENSITIES:
        z = codes(80, 256, density)
        bits = coder.bits(z)
        assert METHODS[coder.encode(z)[0]] == min(bits, key=bits.__getitem__)
        assert ideal_bits(tables, z) == min(bits.values())


GOLDEN = {  # sha256 of the payloads of `vectors`
    "static": "fb94eded123c347d69b7ddab4e8b32e650f2e66725a8f166022ec54ae83dacc1",
    "adaptive": "fa637dba44c73c34914898c12550ff0126ad9be26f55b6e0d1dd417817c5c5b3",
    "learned": "4e196f99c6bc14e70f388016e7f8e65b77218f0f1ef6f195191db937f7e5b8b5",
    "rvq static": "eaf931d42ea1cbe65dde8c6f488711d069210215dd9e8fac041a796af6df0942",
    "rvq learned": "b9a598203479ded3cb0ad6b05f034c2564595e2241cf0f7e087c7890863d4b28",
}


def test_golden_payloads() -> None:
    payloads = vectors()
    assert [METHODS[p[0]] for p in payloads.values()] == [name.split()[-1] for name in GOLDEN]
    assert digests() == GOLDEN


@pytest.mark.parametrize("threads", ["1", "4"])
def test_threads_do_not_change_a_byte(threads: str) -> None:
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    done = subprocess.run(
        [sys.executable, "-m", golden.__name__],
        env={**os.environ, **dict.fromkeys(names, threads)},
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == GOLDEN
