"""Power from simulated tests is what theory says, and no difference is seldom called."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import nct, t

from spiking_music import config as configuration
from spiking_music.config import PowerConfig, SimulatedConfig
from spiking_music.errors import ConfigError
from spiking_music.listening.power import power, write_power
from tests.conftest import DEFAULTS

SCORES = {"reference": 100.0, "rvq": 70.0, "free": 60.0, "anchor-distorted": 5.0}
BIAS, NOISE, CLIPS = 8.0, 8.0, 4


def simulated(**changes: Any) -> SimulatedConfig:
    base = configuration.section(configuration.read(DEFAULTS), SimulatedConfig)
    own = {"scores": SCORES, "bias": BIAS, "noise": NOISE, "clips": CLIPS, "random": 0.0}
    return base.model_copy(update=own | changes)


def settings(listeners: tuple[int, ...], differences: tuple[float, ...], tests: int) -> PowerConfig:
    return PowerConfig(listeners=listeners, differences=differences, shares=(0.5,), tests=tests)


def theory(listeners: int, difference: float) -> float:
    """Of the paired t-test; Wilcoxon's has 3/π of its efficiency. Other pairs are always called,
    so that Holm's last step tests this one at the whole level."""
    count = listeners * 3 / np.pi
    error = np.sqrt(2 * (BIAS**2 + NOISE**2 / CLIPS) / count)
    edge = t(count - 1).ppf(0.975)
    law = nct(count - 1, difference / error)
    return float(law.sf(edge) + law.cdf(-edge))


def test_power_is_that_of_theory() -> None:
    """Where all listeners are kept by BS.1534-3, as nobody responds at random."""
    found = power(settings((12, 24), (5.0, 8.0), 150), simulated(), 0.05, seed=1)
    found = found[found["screening"] == "BS.1534-3"]
    np.testing.assert_array_equal(found["kept"], found["listeners"])
    for row in found.to_dict("records"):
        assert row["power"] == pytest.approx(theory(row["listeners"], row["difference"]), abs=0.1)
        assert row["low"] < row["power"] < row["high"]


def test_no_difference_is_seldom_called_and_random_responders_cost_power() -> None:
    asked = settings((16,), (0.0, 8.0), 150)
    clean, spoilt = (power(asked, simulated(random=share), 0.05, seed=2) for share in (0.0, 0.4))
    assert (clean.loc[clean["difference"] == 0, "power"] <= 0.09).all()
    both = (clean["difference"] == 8) & (clean["screening"] == "BS.1534-3")
    assert clean.loc[both, "power"].item() > spoilt.loc[both, "power"].item() + 0.1
    assert spoilt.loc[both, "kept"].item() == pytest.approx(0.6 * 16, abs=1)


def test_equal_seeds_give_equal_tables(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write_power(settings((8,), (5.0,), 5), simulated(), 0.05, tmp_path / name, seed=1)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert list(pd.read_csv(tmp_path / "a.csv")["tests"]) == [5, 5]


def test_two_systems_are_needed() -> None:
    lone = simulated(scores={"reference": 100.0, "rvq": 50.0, "anchor-distorted": 5.0})
    with pytest.raises(ConfigError, match="needs two systems besides the anchors"):
        power(settings((8,), (5.0,), 5), lone, 0.05, seed=1)
