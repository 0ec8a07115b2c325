"""Planted truth must be found, independence must not be called selective, files must be exact."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr
from zarr.storage import ZipStore

from spiking_music.config import SelectivityConfig
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.correlation import (
    Pairs,
    correlate,
    count_all,
    information,
    prominence,
    spans,
    table_information,
)
from spiking_music.evaluation.selectivity import (
    fifth_chance,
    octave_chance,
    selectivity,
    side_by_side,
)
from spiking_music.evaluation.significance import (
    BEYOND,
    null_edge,
    shift_null,
    significance,
    tail,
)
from spiking_music.evaluation.tuning import read_tuning, write_tuning

CLIPS, STEPS, NOTES, RATE = 24, 256, 88, 22050 / 512
PLANTED = {0: [24], 1: [12, 24, 36], 2: [40, 47]}  # unit: rows of notes; the others are noise
SETTINGS = SelectivityConfig(
    split="validation",
    max_lag=64,
    window=10,
    surrogates=200,
    level=0.05,
    information_lag=2,
    information_surrogates=10,
)


def music(seed: int, notes: int = NOTES) -> np.ndarray:
    """Onsets (clips, notes, T), autocorrelated: phrases, and a beat with its own phase a clip."""
    rng = np.random.default_rng(seed)
    phrase = rng.random((CLIPS, notes, STEPS // 64)).repeat(64, axis=2) < 0.5
    phase = rng.integers(30, size=(CLIPS, 1, 1))
    beat = np.where((np.arange(STEPS) + phase) % 30 < 2, 0.25, 0.004)
    return (phrase & (rng.random((CLIPS, notes, STEPS)) < beat)).astype(np.uint8)


def responses(onsets: np.ndarray, rows: Sequence[int], seed: int) -> np.ndarray:
    """Events (clips, T) of a unit: 30 % of onsets missed, jitter of ± 3 steps, extra spikes."""
    rng = np.random.default_rng(seed)
    events = rng.random((CLIPS, STEPS)) < 0.01
    clips, _, steps = np.nonzero(onsets[:, rows])
    heard = rng.random(len(clips)) < 0.7
    late = np.clip(steps + rng.integers(-3, 4, len(steps)), 0, STEPS - 1)
    events[clips[heard], late[heard]] = True
    return events.astype(np.uint8)


@pytest.fixture(scope="module")
def planted() -> Pairs:
    onsets = music(0)
    noise = music(1, notes=8)
    codes = np.stack([responses(onsets, rows, unit) for unit, rows in PLANTED.items()], axis=1)
    return Pairs(np.concatenate([codes, noise], axis=1), onsets, spans(np.arange(CLIPS) // 4))


def test_correlation_equals_its_definition(planted):
    found = correlate(planted, max_lag=5)
    z, n = planted.codes.astype(int), planted.onsets.astype(int)
    for lag in range(-5, 6):
        first, last = max(0, -lag), STEPS - max(0, lag)
        expected = np.einsum("cit,cat->ia", z[..., first:last], n[..., first + lag : last + lag])
        np.testing.assert_allclose(found[..., lag + 5], expected / CLIPS, rtol=0, atol=1e-12)


def test_prominence_of_a_copy_is_one_and_of_noise_nothing(planted):
    noise = np.random.default_rng(2).random((CLIPS, 1, STEPS)) < 0.1
    pair = Pairs(
        np.concatenate([planted.onsets[:, 24:25], noise], axis=1),
        planted.onsets[:, 24:25],
        planted.spans,
    )
    events, onsets = count_all(pair)
    phi = prominence(correlate(pair, 64), events, onsets, pair, window=2)
    assert phi[0, 0] == pytest.approx(1, abs=0.2)
    assert abs(phi[1, 0]) < 0.1


def test_planted_units_are_found_and_noise_is_not(planted):
    test = significance(planted, window=10, max_lag=64, surrogates=200, seed=3)
    called = test.p_family <= 0.05
    for unit, rows in PLANTED.items():
        assert np.flatnonzero(called[unit]).tolist() == rows
        assert (test.q[unit, rows] < 1e-3).all()
    assert not called[len(PLANTED) :].any()


@pytest.mark.parametrize("shape", [(1, 24), (6, 4), (24, 1)])  # performances, clips of each
def test_false_positive_rates_hold(shape):
    """Independent, autocorrelated data, over seeds: each pair, the family and FDR as stated."""
    seeds, family, discovery, small = 24, 0, 0, []
    for seed in range(seeds):
        pairs = Pairs(music(2 * seed, 4), music(2 * seed + 1, 12), spans(_performances(shape)))
        test = significance(pairs, window=10, max_lag=64, surrogates=99, seed=seed)
        family += bool((test.p_family <= 0.05).any())
        discovery += bool((test.q <= 0.05).any())
        small.append(test.p <= 0.05)
    assert family <= 5  # of 24 at 5 %: more has probability 0.0015
    assert discovery <= 5
    assert np.mean(small) < 0.075


def _performances(shape: tuple[int, int]) -> np.ndarray:
    return np.arange(shape[0]).repeat(shape[1])


def test_a_note_and_a_unit_frequent_in_the_same_pieces_are_not_selective():
    rng = np.random.default_rng(5)
    level = np.array([0.0, 0.3, 0.0, 0.3, 0.0, 0.3]).repeat(4)[:, None, None]
    codes, onsets = (rng.random((2, CLIPS, 3, STEPS)) < level).astype(np.uint8)
    test = significance(Pairs(codes, onsets, spans(_performances((6, 4)))), 10, 64, 99, seed=0)
    assert (test.p_family > 0.05).all()


def test_null_moments_are_those_of_all_shifts():
    rng = np.random.default_rng(6)
    codes, onsets = (rng.random((2, 2, 1, 200)) < 0.2).astype(np.uint8)
    null = shift_null(Pairs(codes, onsets, spans(np.zeros(2))), 3, 20, 4, seed=0)
    z, n = codes.ravel().astype(float), onsets.ravel().astype(float)
    kernel = {lag: (abs(lag) < 3) - 5 / 41 for lag in range(-20, 21)}
    weighted = sum(weight * np.roll(n, -lag) for lag, weight in kernel.items())
    every = np.array([z @ np.roll(weighted, -shift) for shift in range(400)])
    assert null.observed[0, 0] == pytest.approx(every[0], abs=1e-3)
    assert null.mean[0, 0] == pytest.approx(every.mean(), abs=1e-3)
    assert null.variance[0, 0] == pytest.approx(every.var(), rel=1e-4)
    moments = null.mean, null.variance, null.third
    assert tail(null_edge(*moments), *moments)[0, 0] == pytest.approx(BEYOND)
    assert null.third[0, 0] == pytest.approx(((every - every.mean()) ** 3).mean(), rel=1e-3)
    assert all(np.abs(every - draw).min() < 1e-3 for draw in null.draws.ravel())


def test_silent_and_constant_units_and_notes_are_never_significant(planted):
    codes, onsets = planted.codes.copy(), planted.onsets.copy()
    codes[:, 0], codes[:, 1], onsets[:, 24] = 0, 1, 0
    test = significance(Pairs(codes, onsets, planted.spans), 10, 64, 50, seed=0)
    assert (test.p[:2] == 1).all() and (test.score[:2] == 0).all()
    assert (test.p[:, 24] == 1).all()


def test_tail_is_gamma_where_skewed_and_normal_where_not():
    x, one = np.array([3.0]), np.array([1.0])
    assert tail(x + 0.5, 0 * one, one, 0 * one)[0] == pytest.approx(0.00135, rel=0.01)
    # an exponential law: mean 1, variance 1, third moment 2
    assert tail(x + 0.5, one, one, 2 * one)[0] == pytest.approx(np.exp(-3), rel=1e-6)
    # what lies beyond the end of a left-skewed law is not called impossible
    assert tail(x + 0.5, 0 * one, one, -2 * one)[0] > 1e-3


def test_information_of_a_known_channel_and_of_none():
    rng = np.random.default_rng(7)
    onsets = (rng.random((CLIPS, 2, STEPS)) < 0.5).astype(np.uint8)
    flipped = rng.random((CLIPS, STEPS)) < 0.11
    codes = np.stack([onsets[:, 0] ^ flipped, rng.random((CLIPS, STEPS)) < 0.3], axis=1)
    pairs = Pairs(codes.astype(np.uint8), onsets, spans(_performances((6, 4))))
    bits = information(pairs, lag=0, surrogates=40, seed=0, step_rate=RATE)
    assert bits[0, 0] == pytest.approx(RATE * 0.5, rel=0.06)  # 1 − H(0.11) = 0.5 bits a step
    assert np.abs(np.delete(bits.ravel(), 0)).max() < 0.05
    # and the raw estimate is above zero, as Miller and Madow say
    joint = np.einsum("ct,ct->", codes[:, 1].astype(float), onsets[:, 0])
    total = CLIPS * STEPS
    raw = table_information(joint, codes[:, 1].sum(), onsets[:, 0].sum(), total)
    assert 0 <= raw < 10 / (2 * total * np.log(2))


def test_octave_chance():
    assert octave_chance(1, 88) == 0
    assert octave_chance(2, 24) == pytest.approx(1 / 23)
    assert octave_chance(3, 24) == 0


def test_fifth_chance():
    assert fifth_chance(0, 12) == pytest.approx(2 / 11)
    assert fifth_chance(40, 88) == pytest.approx(14 / 87)  # 9 21 … 81 and 11 23 … 83


@pytest.fixture
def files(tmp_path: Path, planted: Pairs) -> tuple[Path, Path]:
    codes, onsets = tmp_path / "sparse.h5", tmp_path / "test.zarr.zip"
    with h5py.File(codes, "w") as file:
        file["codes"] = planted.codes
        file.attrs.update(
            kind="binary",
            codebook_size=1,
            level=-1,
            variant="sparse",
            hop=512,
            sample_rate=22050,
            weights="",
        )
    performance = _performances((6, 4))
    with ZipStore(onsets, mode="w") as store:
        attributes = {
            "step_rate": RATE,
            "performance": performance.tolist(),
            "offset": [131072 * (i % 4) for i in range(CLIPS)],
        }
        group = zarr.create_group(store, attributes=attributes)
        for name in ("onsets", "velocity"):
            group.create_array(name, data=planted.onsets)
        group.create_array("pedal", data=planted.onsets[:, 0])
    return codes, onsets


def test_files_hold_the_planted_truth_and_are_reproducible(files, tmp_path):
    for run in ("one", "two"):
        selectivity(*files, tmp_path / run / "sparse.npz", SETTINGS, seed=1)
    names = ("sparse.npz", "sparse.csv", "sparse-summary.csv")
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    with np.load(tmp_path / "one" / "sparse.npz", allow_pickle=False) as arrays:
        assert arrays["correlation"].shape == (11, NOTES, 129)
        assert arrays["correlation"].dtype == np.float32
        assert arrays["notes"].tolist() == list(range(21, 109))
    table = pd.read_csv(tmp_path / "one" / "sparse.csv", dtype={"significant_notes": str})
    assert table["significant_notes"].tolist()[:3] == ["45", "33 45 57", "61 68"]
    assert table["octave_tuned"].tolist() == [False, True] + [False] * 9
    assert table["fifths"].tolist() == [0, 0, 1] + [0] * 8  # 61 and 68
    assert (table["information_bits_per_second"][:2] > 0.2).all()
    summary = pd.read_csv(tmp_path / "one" / "sparse-summary.csv").iloc[0]
    assert (summary["selective_units"], summary["selective_pairs"]) == (3, 6)
    assert summary["octave_tuned_units"] == 1

    paths = [tmp_path / run / "sparse-summary.csv" for run in ("one", "two")]
    side_by_side(paths, tmp_path / "both.csv")
    assert len(pd.read_csv(tmp_path / "both.csv")) == 2


def test_units_stand_by_the_note_that_they_answer_to(files, tmp_path, planted):
    for name in ("one.csv", "two.csv"):
        write_tuning(*files, tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    found = read_tuning(tmp_path / "one.csv", planted.units)
    for unit, rows in PLANTED.items():
        assert found.notes[unit] - 21 in rows and found.excess[unit] > 5
    np.testing.assert_array_equal(found.events, planted.codes.sum(axis=(0, 2)))


def test_units_that_never_fire_cost_nothing_and_change_nothing(files, tmp_path, planted):
    """p and p_family are the others' own; q counts the silent ones as tests that found nothing."""
    codes, onsets = files
    selectivity(codes, onsets, tmp_path / "own.npz", SETTINGS, seed=1)
    with h5py.File(codes, "r+") as file:
        del file["codes"]
        spread = np.zeros((CLIPS, 2 * planted.units, STEPS), np.uint8)
        spread[:, 1::2] = planted.codes
        file["codes"] = spread
    selectivity(codes, onsets, tmp_path / "spread.npz", SETTINGS, seed=1)
    with np.load(tmp_path / "own.npz") as own, np.load(tmp_path / "spread.npz") as scattered:
        for name in ("correlation", "prominence", "score", "p", "p_family", "information"):
            np.testing.assert_array_equal(scattered[name][1::2], own[name])
            silent = 1.0 if name.startswith("p_") or name == "p" else 0.0
            assert (scattered[name][::2] == silent).all()
        np.testing.assert_allclose(scattered["q"][1::2], np.minimum(1, 2 * own["q"]))
    with h5py.File(codes, "r+") as file:
        file["codes"][:] = 0
    selectivity(codes, onsets, tmp_path / "none.npz", SETTINGS, seed=1)
    assert pd.read_csv(tmp_path / "none-summary.csv")["selective_units"].tolist() == [0]


def test_what_does_not_fit_is_named(files, tmp_path, planted):
    codes, onsets = files
    with pytest.raises(DataError, match="do not belong"):
        Pairs(planted.codes[1:], planted.onsets, planted.spans)
    with pytest.raises(DataError, match="too short"):
        significance(planted, window=10, max_lag=600, surrogates=9, seed=0)
    with h5py.File(codes, "a") as file:
        file.attrs["kind"] = "rvq"
    with pytest.raises(CodeError, match="binary events"):
        selectivity(codes, onsets, tmp_path / "out.npz", SETTINGS, seed=1)
    with pytest.raises(DataError, match="no table"):
        side_by_side([tmp_path / "absent.csv"], tmp_path / "both.csv")
    assert not (tmp_path / "out.npz").exists()
