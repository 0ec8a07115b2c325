"""Estimates and tests against numbers worked out by hand, and against plain loops."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from spiking_music.config import SimulatedConfig
from spiking_music.evaluation.bootstrap import median_interval
from spiking_music.listening import statistics
from spiking_music.listening.simulated import simulate
from tests.listening.results import pages

THREE = ("rvq", "free", "sparse")


def test_holm_by_hand() -> None:
    # sorted .01 .02 .03 .04: times 4 3 2 1 = .04 .06 .06 .04, running maximum .04 .06 .06 .06
    p = np.array([0.04, 0.01, 0.03, 0.02])
    np.testing.assert_allclose(statistics.holm(p), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(statistics.holm(np.array([0.9, 0.6])), [1, 1])


def test_the_binomial_test_by_hand() -> None:
    assert statistics.binomial(5, 0) == pytest.approx(2 / 32)
    assert statistics.binomial(1, 3) == pytest.approx(10 / 16)
    assert statistics.binomial(3, 3) == pytest.approx(1)
    assert statistics.binomial(0, 0) == 1
    assert statistics.binomial(80, 50) == pytest.approx(2 * stats.binom.sf(79, 130, 0.5))


def test_signed_ranks_by_hand() -> None:
    assert statistics.signed_rank(np.array([1.0, 2, 3, 4, 5])) == pytest.approx(2 / 32)
    # ten subsets of the ranks 1..5 add up to 5 or less
    assert statistics.signed_rank(np.array([1.0, 2, 3, 4, -5])) == pytest.approx(2 * 10 / 32)
    assert statistics.signed_rank(np.array([0.0, 1, 2, 0, 3, 4, 5])) == pytest.approx(2 / 32)
    assert statistics.signed_rank(np.zeros(4)) == 1


def test_signed_ranks_are_scipys_with_ties_and_without() -> None:
    draw = np.random.default_rng(3)
    for size in (4, 9, 12):
        ties = draw.integers(-4, 6, size).astype(float)
        ties[ties == 0] = 1
        every = stats.PermutationMethod(n_resamples=2**size)
        expected = stats.wilcoxon(ties, method=every).pvalue
        assert statistics.signed_rank(ties) == pytest.approx(expected)
    smooth = draw.normal(0.3, 1, 40)
    assert statistics.signed_rank(smooth) == pytest.approx(stats.wilcoxon(smooth).pvalue)
    many = draw.normal(0.2, 1, 80)
    assert statistics.signed_rank(many) == pytest.approx(stats.wilcoxon(many).pvalue)


def test_wins_losses_and_ties_are_counted_page_by_page() -> None:
    scores = [[60, 50, 50], [40, 50, 50], [70, 50, 10], [50, 50, 0]]
    table = statistics.comparisons(pages(scores, ["a", "a", "b", "b"], THREE))
    counted = table[["first", "second", "wins", "losses", "ties", "pages", "units"]]
    assert counted.to_numpy().tolist() == [
        ["rvq", "free", 2, 1, 1, 4, 2],
        ["rvq", "sparse", 3, 1, 0, 4, 2],
        ["free", "sparse", 2, 0, 2, 4, 2],
    ]
    assert table["difference"].tolist() == [5, 27.5, 22.5]
    assert table["p_binomial"].tolist() == pytest.approx([1, 10 / 16, 0.5])
    assert table["p_binomial_holm"].tolist() == pytest.approx([1, 1, 1])
    assert table["p_wilcoxon"].tolist() == [1, 1, 1]  # a says nothing: its means are equal


def test_friedman_sees_units_and_both_sets_of_systems() -> None:
    draw = np.random.default_rng(0)
    systems = ("reference", *THREE, "anchor-3500")
    scores = draw.uniform(0, 100, (12, 5))
    units = [f"u{n // 2}" for n in range(12)]
    every, tested = statistics.friedman(pages(scores, units, systems)).to_dict("records")
    means = scores.reshape(6, 2, 5).mean(axis=1)
    assert every["p"] == pytest.approx(stats.friedmanchisquare(*means.T).pvalue)
    assert tested["p"] == pytest.approx(stats.friedmanchisquare(*means[:, 1:4].T).pvalue)
    assert (every["count"], tested["count"], tested["units"]) == (5, 3, 6)


def test_friedman_by_hand() -> None:
    # ranks 3 2 1 of all 4 units: 12 / (4 * 3 * 4) * (12² + 8² + 4²) - 3 * 4 * 4 = 8
    table = statistics.friedman(pages([[3, 2, 1]] * 4, list("abcd"), THREE))
    assert table["statistic"].tolist() == pytest.approx([8, 8])
    assert table["p"].tolist() == pytest.approx([np.exp(-4)] * 2)


def test_friedman_of_too_little_is_not_a_number_and_of_equals_1() -> None:
    few = statistics.friedman(pages([[1, 2], [1, 2]], ["a", "b"], ("rvq", "free")))
    assert few["p"].isna().all()
    equal = statistics.friedman(pages([[5, 5, 5]] * 3, ["a", "b", "c"], THREE))
    assert equal["p"].tolist() == [1, 1]


def test_estimates_resample_units() -> None:
    draw = np.random.default_rng(1)
    level = np.repeat(draw.normal(50, 10, 30), 5)  # a listener's own, on all five clips
    scores = np.stack([level + draw.normal(0, 1, 150), np.full(150, 7.0)], axis=1)
    units = [f"u{n // 5}" for n in range(150)]
    first, second = statistics.estimates(
        pages(scores, units, ("rvq", "free")), 2000, seed=0
    ).to_dict("records")
    assert first["mean"] == pytest.approx(scores[:, 0].mean())
    assert first["median"] == np.median(scores[:, 0])
    assert (first["units"], first["scores"]) == (30, 150)
    width = 2 * 1.96 * level[::5].std() / np.sqrt(30)  # that of 150 independent pages: 0.45 of it
    assert first["mean_high"] - first["mean_low"] == pytest.approx(width, rel=0.15)
    assert first["median_low"] < first["median"] < first["median_high"]
    assert (second["mean_low"], second["median_low"], second["median_high"]) == (7, 7, 7)


def test_the_interval_of_the_median_is_that_of_a_plain_loop() -> None:
    draw = np.random.default_rng(2)
    values = draw.integers(0, 100, 24).astype(float)
    units = np.repeat(np.array(["a", "b", "c", "d", "e", "f", "g", "h"]), 3)
    again = np.random.default_rng(5)
    times = again.multinomial(8, np.full(8, 1 / 8), 100)
    groups = values.reshape(8, 3)
    medians = [np.median(np.repeat(groups, row, axis=0)) for row in times]
    low, high = np.percentile(medians, [2.5, 97.5])
    assert median_interval(values, units, 100, seed=5) == pytest.approx((low, high))


def test_one_unit_has_no_interval() -> None:
    table = statistics.estimates(pages([[1, 2], [3, 4]], ["a", "a"], ("rvq", "free")), 50, seed=0)
    assert table[["mean_low", "mean_high", "median_low", "median_high"]].isna().all(axis=None)
    assert table["mean"].tolist() == [2, 3]


def test_known_preferences_are_found_and_equal_systems_are_not() -> None:
    truth = {"reference": 100.0, "rvq": 75.0, "free": 60.0, "sparse": 60.0, "mel": 30.0}
    found, false = 0, 0
    for seed in range(20):
        settings = SimulatedConfig(listeners=20, clips=5, scores=truth, bias=5, noise=10, random=0)
        table = statistics.comparisons(simulate(settings, seed))
        table = table.set_index(["first", "second"])
        found += int(table.loc[("rvq", "free"), "p_wilcoxon_holm"] <= 0.05)
        false += int(table.loc[("free", "sparse"), "p_wilcoxon_holm"] <= 0.05)
    assert found == 20
    assert false <= 3


def test_equal_seeds_give_equal_tables() -> None:
    scores = np.random.default_rng(0).uniform(0, 100, (10, 3))
    some = pages(scores, list("aabbccddee"), THREE)
    tables = [statistics.estimates(some, 100, seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])
