"""AB and ABX: simulated listeners of known preferences, and whether the tables find them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music import config as configuration
from spiking_music.config import RatingsConfig, SimulatedConfig
from spiking_music.errors import DataError
from spiking_music.listening.choices import (
    Choices,
    choices_tables,
    collect,
    preferences,
    strengths,
    told_apart,
)
from spiking_music.listening.ratings import listeners_ratings
from spiking_music.listening.results import collect as collect_ratings
from spiking_music.listening.simulated import heard, simulate, write_simulated
from tests.conftest import DEFAULTS

SCORES = {"reference": 90.0, "rvq": 90.0, "free": 80.0, "sparse": 60.0}
HEADER = "session_test_id,session_uuid,trial_id,choice_a,choice_b,choice_x,choice_answer,method\n"


def simulated(**changes: object) -> SimulatedConfig:
    """Listeners who rate three systems, of which one equals the reference."""
    base = configuration.section(configuration.read(DEFAULTS), SimulatedConfig)
    known = {"scores": SCORES, "random": 0.0, "bias": 0.0, "noise": 10.0}
    return base.model_copy(update=known | changes)


def answers(folder: Path, method: str, seed: int, **changes: object) -> list[Path]:
    write_simulated(simulated(**changes), folder, seed, method)
    return sorted(folder.glob("*.csv"))


def abx(right: list[int], trials: int) -> Choices:
    """A listener each who tells `free` from the reference so many times."""
    rows = [
        (f"u{unit}", "c1", "reference", "free", "free", "free" if trial < count else "reference")
        for unit, count in enumerate(right)
        for trial in range(trials)
    ]
    columns = ["unit", "clip", "first", "second", "x", "chosen"]
    return Choices("listeners", "abx", pd.DataFrame(rows, columns=columns), [])


def test_abx_has_the_exact_binomial_test() -> None:
    """12 of 16: p = (1820 + 560 + 120 + 16 + 1) / 2¹⁶."""
    (row,) = told_apart(abx([5, 7], 8)).to_dict("records")
    assert (row["right"], row["trials"], row["units"]) == (12, 16, 2)
    assert row["p"] == pytest.approx(2517 / 65536)
    assert row["low"] == pytest.approx(0.4762, abs=1e-4)
    assert row["high"] == pytest.approx(0.9273, abs=1e-4)


def test_abx_finds_what_listeners_hear(tmp_path: Path) -> None:
    """Shares of right answers as they are simulated; what equals the reference is not told."""
    files = answers(tmp_path / "all", "abx", seed=3, listeners=40, clips=5)
    table = told_apart(collect(files)).set_index("second")
    for system in ("rvq", "free", "sparse"):
        truth = heard(SCORES["reference"] - SCORES[system], 10.0)
        assert table.loc[system, "low"] < truth < table.loc[system, "high"]
    assert (table["p_holm"] <= 0.05).to_dict() == {"rvq": False, "free": True, "sparse": True}


def test_abx_keeps_its_level(tmp_path: Path) -> None:
    """Listeners who hear nothing: a pair is called in 5 % of 200 tests at most, as by guessing."""
    draw = np.random.default_rng(0)
    calls = [told_apart(abx([*draw.binomial(6, 0.5, 8)], 6))["p"][0] <= 0.05 for _ in range(200)]
    assert np.mean(calls) <= 0.08  # 5 % and two standard errors


def test_ab_finds_the_order_and_how_much(tmp_path: Path) -> None:
    """Differences of 10 and 20 points under noise of 10 a rating: Φ(d / (10 √2)) are won."""
    files = answers(tmp_path / "all", "ab", seed=5, listeners=60, clips=6)
    found = collect(files)
    table = preferences(found).set_index(["first", "second"])
    for (first, second), share in {("rvq", "free"): 0.760, ("free", "sparse"): 0.921}.items():
        row = table.loc[first, second]
        assert row["wins"] / (row["wins"] + row["losses"]) == pytest.approx(share, abs=0.06)
        assert row["p_wilcoxon_holm"] < 0.001
    model = strengths(found).set_index("system")
    assert list(model["strength"].sort_values().index) == ["sparse", "free", "rvq"]
    assert model["strength"].sum() == pytest.approx(0, abs=1e-9)
    assert (model["low"] < model["strength"]).all()
    assert model.loc["rvq", "low"] > model.loc["free", "high"]
    # log-odds of what was won, as in a Bradley–Terry model of two
    assert model.loc["rvq", "strength"] - model.loc["free", "strength"] == pytest.approx(
        np.log(0.76 / 0.24), abs=0.5
    )


def test_equal_systems_are_not_called_different(tmp_path: Path) -> None:
    """Biased listeners, whose pages are alike: the test of listeners keeps its level."""
    scores = {"rvq": 50.0, "free": 50.0}
    known = simulated(scores=scores, listeners=12, clips=4, bias=15.0)
    calls = []
    for seed in range(150):
        pages = simulate(known, seed)
        better = pages.scores[:, 0] > pages.scores[:, 1]
        columns = {"unit": pages.units, "clip": pages.clips, "first": "rvq", "second": "free"}
        table = pd.DataFrame(columns | {"x": "", "chosen": np.where(better, "rvq", "free")})
        (row,) = preferences(Choices("listeners", "ab", table, [])).to_dict("records")
        calls.append([row["p_wilcoxon"] <= 0.05, row["p_binomial"] <= 0.05])
    by_listeners, by_pages = np.mean(calls, axis=0)
    assert by_listeners <= 0.09  # 5 % and two standard errors
    assert by_pages > 0.1  # which takes pages for independent


def test_mos_finds_the_means(tmp_path: Path) -> None:
    """Points of 100 as categories of 1 to 5: 60 is 3.4, 40 is 2.6."""
    scores = {"reference": 100.0, "free": 60.0, "sparse": 40.0}
    files = answers(tmp_path / "all", "mos", seed=2, scores=scores, listeners=25, clips=4)
    settings = configuration.section(configuration.read(DEFAULTS), RatingsConfig)
    listeners_ratings(files, tmp_path / "out", settings, seed=1)
    means = pd.read_csv(tmp_path / "out" / "systems.csv").set_index("system")
    for system, truth in {"free": 3.4, "sparse": 2.6}.items():
        assert means.loc[system, "mean_low"] < truth < means.loc[system, "mean_high"]
    (pair,) = pd.read_csv(tmp_path / "out" / "mixed.csv").to_dict("records")
    assert pair["low"] < 0.8 < pair["high"]
    assert "MOS, 1 to 5: 25 listeners" in (tmp_path / "out" / "summary.md").read_text()
    assert set(means["screening"]) == {"none"}


def test_scores_of_dcr_are_of_1_to_5(tmp_path: Path) -> None:
    files = answers(tmp_path / "all", "dcr", seed=2, listeners=2, clips=2)
    collected = collect_ratings(files)
    assert collected.method == "dcr"
    assert set(np.unique(collected.pages.scores)) <= {1, 2, 3, 4, 5}
    files[0].write_text(files[0].read_text().replace(",5,0,,", ",6,0,,"))
    assert "a score of '6', not of 1 to 5" in collect_ratings(files).left_out[0].reason


def test_the_folder_and_who_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def row(session: str, chosen: str = "free", more: str = "") -> str:
        return f"piano,{session},c1,free,rvq,,{chosen},ab{more}\n"

    def file(name: str, text: str, header: str = HEADER) -> Path:
        (tmp_path / name).write_text(header + text)
        return tmp_path / name

    failed = HEADER.replace("method", "method,attention_failed")
    files = [
        file("a.csv", row("u1")),
        file("b.csv", row("u2", "rvq")),
        file("c.csv", row("u3", "none")),
        file("d.csv", row("u4", "mel")),
        file("e.csv", row("u5", more=",1"), failed),
        file("f.csv", "piano,u6,c1,free,rvq,free,free,abx\n"),
    ]
    settings = configuration.section(configuration.read(DEFAULTS), RatingsConfig)
    choices_tables(files, tmp_path / "out", settings)
    (pair,) = pd.read_csv(tmp_path / "out" / "pairs.csv").to_dict("records")
    assert (pair["wins"], pair["losses"], pair["ties"]) == (1, 1, 1)
    said = capsys.readouterr().err
    assert "d.csv (session u4): malformed: line 2 has no choice of two systems" in said
    assert "e.csv (session u5): inattentive: 1 attention pages failed" in said
    assert "f.csv (session u6): of method 'abx', not 'ab'" in said
    assert "3 listeners" in (tmp_path / "out" / "summary.md").read_text()
    with pytest.raises(DataError, match="no result file holds a usable session of choices"):
        choices_tables(files[3:5], tmp_path / "none", settings)
    with pytest.raises(DataError, match="rating_stimulus"):
        collect_ratings(files[:1])


def test_strengths_without_a_bound_are_not_numbers() -> None:
    rows = [(f"u{n}", "c1", "rvq", "free", "", "rvq") for n in range(4)]
    columns = ["unit", "clip", "first", "second", "x", "chosen"]
    table = strengths(Choices("listeners", "ab", pd.DataFrame(rows, columns=columns), []))
    assert table["strength"].isna().all()


def test_pairs_that_cannot_be_are_told() -> None:
    for change, words in (
        ({"method": "ab", "pairs": [["rvq", "rvq"]]}, "compares 'rvq' with itself"),
        ({"method": "mos", "pairs": [["rvq", "free"]]}, "are of ab and abx"),
        ({"method": "ab", "pairs": [["a", "b"], ["b", "a"]]}, "a pair is there twice"),
    ):
        raw = configuration.read([*DEFAULTS, json.dumps({"listening": {"page": change}})])
        with pytest.raises(Exception, match=words):
            configuration.section(raw, configuration.PageConfig)
