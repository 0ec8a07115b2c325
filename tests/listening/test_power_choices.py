"""Power of AB and ABX: that of the binomial law, and of the tables that tests end in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from spiking_music import config as configuration
from spiking_music.config import PageConfig, PowerConfig, SimulatedConfig
from spiking_music.errors import ConfigError
from spiking_music.listening.choices import Choices, told_apart
from spiking_music.listening.power_choices import P_VALUES, Comparison, power, write_power
from tests.conftest import DEFAULTS

RAW = configuration.read(DEFAULTS)
SIMULATED = configuration.section(RAW, SimulatedConfig)
PAGE = configuration.section(RAW, PageConfig)


def settings(listeners: tuple[int, ...], *shares: float) -> PowerConfig:
    return PowerConfig(listeners=listeners, differences=(5,), shares=shares, tests=1)


def test_power_is_that_of_the_tables_of_abx_and_the_sign_test() -> None:
    """16 pages: 12 right ones are needed at 5 % (ABX), 13 wins or 3 in the two-sided test."""
    asked = settings((16,), 0.5, 0.7)
    abx = power(asked, Comparison(1, 1, 0.05, P_VALUES["abx"]))
    assert abx["needed"].tolist() == [12, 12]
    np.testing.assert_allclose(abx["power"], [0.0384, 0.4499], atol=1e-4)
    ab = power(asked, Comparison(1, 1, 0.05, P_VALUES["ab"]))
    assert ab["needed"].tolist() == [13, 13]
    np.testing.assert_allclose(ab["power"], [0.0213, 0.2459], atol=1e-4)


def test_many_pages_are_normal() -> None:
    row = power(settings((100,), 0.56), Comparison(5, 1, 0.05, P_VALUES["abx"])).iloc[0]
    spread = np.sqrt(500 * 0.56 * 0.44)
    assert row["power"] == pytest.approx(norm.sf((row["needed"] - 0.5 - 280) / spread), abs=2e-3)


def test_power_is_how_often_the_table_of_a_test_calls_a_pair() -> None:
    """Of three pairs, all told apart as well: Holm calls no fewer than its strictest step."""
    share, tests, rng = 0.7, 120, np.random.default_rng(0)
    expected = power(settings((15,), share), Comparison(2, 3, 0.05, P_VALUES["abx"]))[
        "power"
    ].item()
    alone = power(settings((15,), share), Comparison(2, 1, 0.05, P_VALUES["abx"]))["power"].item()
    called = []
    for _ in range(tests):
        rows = [
            (f"u{unit}", clip, "reference", system, "reference", right)
            for system in ("rvq", "free", "sparse")
            for unit in range(15)
            for clip, right in enumerate(np.where(rng.random(2) < share, "reference", system))
        ]
        table = pd.DataFrame(rows, columns=["unit", "clip", "first", "second", "x", "chosen"])
        found = told_apart(Choices("listeners", "abx", table, []))
        called += list(found["p_holm"] <= 0.05)
    assert expected - 0.08 < np.mean(called) < alone + 0.08


def test_pages_and_pairs_are_those_of_the_configuration(tmp_path: Path) -> None:
    write_power(settings((8,), 0.8), SIMULATED, PAGE, "abx", 0.05, tmp_path / "abx.csv")
    tested = [name for name in SIMULATED.scores if not name.startswith(("reference", "anchor"))]
    row = pd.read_csv(tmp_path / "abx.csv").iloc[0]
    assert (row["pages"], row["pairs"]) == (8 * SIMULATED.clips, len(tested))
    own = PAGE.model_copy(update={"method": "ab", "pairs": (("rvq", "free"),), "repeats": 2})
    write_power(settings((8,), 0.8), SIMULATED, own, "ab", 0.05, tmp_path / "ab.csv")
    row = pd.read_csv(tmp_path / "ab.csv").iloc[0]
    assert (row["pages"], row["pairs"]) == (8 * 2 * SIMULATED.clips, 1)


def test_too_few_pages_for_any_call_have_no_number_and_no_power() -> None:
    row = power(settings((2,), 0.9), Comparison(1, 1, 0.05, P_VALUES["abx"])).iloc[0]
    assert pd.isna(row["needed"]) and row["power"] == 0


def test_a_pair_is_needed(tmp_path: Path) -> None:
    lone = SIMULATED.model_copy(update={"scores": {"reference": 100.0, "rvq": 50.0}})
    with pytest.raises(ConfigError, match="has no two systems to compare by ab"):
        write_power(settings((8,), 0.8), lone, PAGE, "ab", 0.05, tmp_path / "ab.csv")
