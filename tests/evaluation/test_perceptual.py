"""ViSQOL and Zimtohrli: order of quality, failures as nan with a reason, work in processes."""

import os

import numpy as np
import pytest

from spiking_music.errors import DataError
from spiking_music.evaluation.perceptual import THREADS, pool, scores, visqol, zimtohrli

RATE, LENGTH = 22050, 1 << 16


@pytest.fixture(scope="module")
def chord() -> np.ndarray:
    time = np.arange(LENGTH) / RATE
    tones = [np.sin(2 * np.pi * f * time) for f in (220, 277.2, 329.6, 440, 1760)]
    return 0.1 * np.sum(tones, axis=0) * np.exp(-2 * (time % 0.5))


def noisy(clean: np.ndarray, level: float) -> np.ndarray:
    return clean + level * np.random.default_rng(0).standard_normal(len(clean))


@pytest.mark.parametrize("metric", [visqol, zimtohrli])
def test_more_noise_scores_lower(metric, chord: np.ndarray) -> None:
    perfect, good, bad = (metric(noisy(chord, level), chord, RATE) for level in (0, 3e-4, 0.1))
    assert 5 >= perfect > good > bad >= 1
    assert perfect > 4.4


def test_digital_silence_scores_worst(chord: np.ndarray) -> None:
    silence = np.zeros_like(chord)
    assert visqol(silence, chord, RATE) == 1
    assert scores(silence, chord, RATE).failure == ""


def test_failures_are_nan_with_a_reason(chord: np.ndarray) -> None:
    broken = chord.copy()
    broken[7] = np.nan
    result = scores(broken, chord, RATE)
    assert np.isnan(result[:2]).all()
    assert result.failure.count("not finite") == 2


def test_processes_give_the_same_scores_and_leave_the_environment_alone(
    chord: np.ndarray,
) -> None:
    before = dict(os.environ)
    estimates = [noisy(chord, level).astype(np.float32) for level in (0.01, 0.1)]
    with pool(1, RATE) as workers:
        found = [workers.submit(y, chord.astype(np.float32)) for y in estimates]
        assert [os.environ[name] for name in THREADS] == ["1"] * len(THREADS)
        results = [future.result() for future in found]
    assert dict(os.environ) == before
    for y, result in zip(estimates, results, strict=True):
        assert result == pytest.approx(scores(y, chord.astype(np.float32), RATE), abs=1e-6)


def test_a_process_that_dies_is_one_sentence() -> None:
    with pytest.raises(DataError, match=r"died.*lower evaluation\.processes"), pool(1, RATE) as it:
        it._executor.submit(os._exit, 3).result()
