"""The mixed model finds what simulated listeners were given, also where each rates other clips."""

import numpy as np
import pytest

from spiking_music import config as configuration
from spiking_music.config import SimulatedConfig
from spiking_music.listening.mixed import mixed
from spiking_music.listening.scores import Pages
from spiking_music.listening.simulated import simulate
from tests.conftest import DEFAULTS
from tests.listening.results import pages

TRUTH = {"reference": 100.0, "rvq": 62.0, "free": 55.0, "sparse": 55.0, "anchor-distorted": 5.0}
BIAS, NOISE = 6.0, 8.0  # points


def listeners(seed: int, count: int = 24, clips: int = 4) -> Pages:
    base = configuration.section(configuration.read(DEFAULTS), SimulatedConfig)
    change = {"listeners": count, "clips": clips, "scores": TRUTH, "random": 0.0}
    return simulate(base.model_copy(update={**change, "bias": BIAS, "noise": NOISE}), seed)


def test_it_finds_differences_and_spreads() -> None:
    table = mixed(listeners(seed=1, count=200)).set_index(["first", "second"])
    assert list(table.index) == [("rvq", "free"), ("rvq", "sparse"), ("free", "sparse")]
    np.testing.assert_allclose(table["difference"], [7, 7, 0], atol=2)
    assert table["sd_bias"].iloc[0] == pytest.approx(BIAS, rel=0.1)
    assert table["sd_noise"].iloc[0] == pytest.approx(NOISE, rel=0.05)
    assert table["sd_listener"].iloc[0] < 1.5  # there is none
    assert (table["p_holm"] >= table["p"]).all()
    assert (table.loc[[("rvq", "free"), ("rvq", "sparse")], "p_holm"] < 0.001).all()


def test_balanced_pages_give_the_textbook_interval() -> None:
    """Listeners are blocks: the error is sqrt(2 (bias² + noise² / clips) / units)."""
    given = listeners(seed=2)
    row = mixed(given).iloc[0]
    expected = np.sqrt(2 * (row["sd_bias"] ** 2 + row["sd_noise"] ** 2 / 4) / 24)
    reach = 2.0687 * expected  # t of 23 degrees of freedom
    assert row["high"] - row["difference"] == pytest.approx(reach, rel=0.02)
    means = given.unit_means().mean(axis=0)
    assert row["difference"] == pytest.approx(means[1] - means[2], abs=1e-3)


def test_intervals_hold_and_false_calls_are_rare() -> None:
    """30 tests of 12 listeners: 95 % of intervals hold the truth, within chance."""
    tables = [mixed(listeners(seed, count=12)) for seed in range(30)]
    truth = np.array([7, 7, 0])
    held = [((table["low"] <= truth) & (table["high"] >= truth)).mean() for table in tables]
    assert 0.89 <= np.mean(held) <= 0.99
    false = np.mean([table["p_holm"].iloc[2] <= 0.05 for table in tables])
    assert false <= 0.1


def test_hard_clips_do_not_mislead_where_listeners_rate_others() -> None:
    """A clip on which all systems lose 30 points, rated by half of the listeners."""
    full = listeners(seed=3, count=40, clips=4)
    place = {clip: number for number, clip in enumerate(np.unique(full.clips))}
    number = np.array([place[clip] for clip in full.clips])
    unit = full.units.astype(int)
    mine = (number + unit) % 4 < 2  # two of four clips, in turns
    scores = full.scores - 30.0 * (number == 3)[:, None]
    blocks = pages(scores[mine], list(full.units[mine]), full.systems)
    blocks = Pages("listeners", "all", full.systems, blocks.scores, blocks.units, full.clips[mine])
    table = mixed(blocks)
    np.testing.assert_allclose(table["difference"], [7, 7, 0], atol=4)
    assert table["sd_listener"].iloc[0] < 3  # the clip is not taken for the listener
    assert table["sd_noise"].iloc[0] == pytest.approx(NOISE, rel=0.25)


@pytest.mark.parametrize(
    "scores",
    [[[100, 60, 50]], [[100, 60, 50], [100, 60, 50]]],
    ids=["one listener", "nothing varies"],
)
def test_what_cannot_be_fitted_is_nan(scores: list[list[float]]) -> None:
    units = [f"u{number}" for number in range(len(scores))]
    table = mixed(pages(scores, units, ("reference", "rvq", "free")))
    assert table[["p", "p_holm"]].isna().all(axis=None)


def test_one_system_has_no_pair() -> None:
    assert mixed(pages([[100, 60], [100, 50]], ["a", "b"], ("reference", "rvq"))).empty
