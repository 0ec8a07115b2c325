"""Bootstrap intervals: width, coverage, clusters, seeds."""

import numpy as np
import pytest

from spiking_music.evaluation.bootstrap import interval


def test_independent_values_have_the_interval_of_the_normal_law() -> None:
    values = np.random.default_rng(0).normal(3, 2, 400)
    low, high = interval(values, np.arange(400), 4000, 1)
    error = values.std() / 20
    assert (low, high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.1 * error
    )


def test_clips_of_one_performance_do_not_count_as_independent() -> None:
    draw = np.random.default_rng(0)
    performances = np.repeat(np.arange(30), 20)
    values = draw.normal(0, 1, 30)[performances] + draw.normal(0, 0.1, 600)
    low, high = interval(values, performances, 2000, 1)
    naive = interval(values, np.arange(600), 2000, 1)
    assert high - low > 3 * (naive[1] - naive[0])


def test_coverage_is_near_95_percent() -> None:
    draw, covered = np.random.default_rng(0), 0
    performances = np.repeat(np.arange(25), 4)
    for trial in range(200):
        values = draw.normal(0, 1, 25)[performances] + draw.normal(0, 1, 100)
        low, high = interval(values, performances, 400, trial)
        covered += low <= 0 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_few_performances_fall_back_to_clips() -> None:
    values = np.random.default_rng(0).normal(size=60)
    few = np.arange(60) % 3
    assert interval(values, few, 500, 1) == interval(values, np.arange(60), 500, 1)


def test_equal_seeds_give_equal_intervals_and_nan_is_left_out() -> None:
    values = np.random.default_rng(0).normal(size=50)
    ids = np.arange(50)
    assert interval(values, ids, 300, 5) == interval(values, ids, 300, 5)
    assert interval(values, ids, 300, 5) != interval(values, ids, 300, 6)
    gaps = np.concatenate([values, [np.nan, np.nan]])
    assert interval(gaps, np.arange(52), 300, 5) == interval(values, ids, 300, 5)


def test_what_has_no_spread_has_no_interval() -> None:
    assert np.isnan(interval([], [], 100, 1)).all()
    assert np.isnan(interval([2.0, np.nan], [0, 1], 100, 1)).all()
    assert interval([2.0] * 9, range(9), 100, 1) == (2, 2)
