"""The paper's claims: statistics, intervals, verdicts, and the table that they end in."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.evaluation.bootstrap import draws
from spiking_music.evaluation.claim_list import CLAIMS
from spiking_music.evaluation.claim_tables import Sources, claims, seed_tables
from spiking_music.evaluation.claims import (
    REFUTED,
    REPRODUCED,
    UNDECIDED,
    Claim,
    assess,
    difference,
    rank_correlation,
    ratio,
    rest_to_dense,
    tail_difference,
)

DOCS = Path(__file__).parents[2] / "docs" / "claims.md"


def clips(shift: float, spread: float, count: int = 60) -> pd.DataFrame:
    """Clips of 20 performances in which a is `shift` above b, give or take `spread`."""
    draw = np.random.default_rng(0)
    b = draw.normal(10, 2, count)
    a = b + shift + draw.normal(0, spread, count)
    return pd.DataFrame({"performance": np.arange(count) // 3, "a": a, "b": b})


def claim(low: float, high: float) -> Claim:
    return Claim("1", "a is above b", "a − b", difference("a", "b"), low, high)


@pytest.mark.parametrize(
    ("shift", "spread", "verdict"),
    [(2, 0.5, REPRODUCED), (5, 0.5, REFUTED), (3, 0.5, UNDECIDED), (2, 9, UNDECIDED)],
)
def test_a_verdict_goes_by_the_whole_interval(shift: float, spread: float, verdict: str) -> None:
    found = assess(claim(1, 3), [clips(shift, spread)], 500, seed=1)
    assert found.verdict == verdict
    assert found.low < found.value < found.high


def test_one_seed_that_is_elsewhere_leaves_it_undecided() -> None:
    seeds = [clips(1.2, 0.1), clips(2.8, 0.1), clips(3.5, 0.1)]
    found = assess(claim(1, 3), seeds, 500, seed=1)
    assert found.verdict == UNDECIDED and found.seeds == 3
    assert found.value == pytest.approx(2.5, abs=0.1)
    assert found.most == pytest.approx(3.5, abs=0.1)


def test_what_was_not_trained_is_not_measured() -> None:
    found = assess(Claim("1", "", "", difference("a", "c")), [clips(0, 1)], 100, seed=1)
    assert found.verdict == "not measured"


def test_performances_are_drawn_whole() -> None:
    owners = np.repeat(np.arange(10), 4)
    for draw in draws(owners, 20, seed=1):
        counts = np.bincount(draw, minlength=40).reshape(10, 4)
        assert (counts == counts[:, :1]).all() and len(draw) == 40


def test_statistics() -> None:
    table = pd.DataFrame({"a": np.arange(20.0), "b": -np.arange(20.0), "onsets": np.arange(20)})
    assert rank_correlation("a", "b").of(table) == pytest.approx(-1)
    assert np.isnan(rank_correlation("a", "c").of(table.assign(c=1)))
    assert tail_difference("a", "b", 0.5).of(table) == pytest.approx(19)
    assert rest_to_dense("a").of(table) == pytest.approx(0.5 / 18.5)


def write(path: Path, **columns: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def quality(folder: Path, name: str, si_snr: float, count: int = 20) -> Path:
    draw = np.random.default_rng(3)
    return write(
        folder / f"{name}.csv",
        performance=np.arange(count) // 2,
        si_snr_db=draw.normal(si_snr, 0.5, count),
        visqol=np.full(count, 4.4),
        zimtohrli=np.full(count, np.nan),
    )


def test_rows_and_seeds_become_a_table(tmp_path: Path) -> None:
    names = {"rvq": 9.5, "rvq-seed-2": 9.4, "free": 7.3, "free-seed-2": 7.5, "anchor": -3}
    tables = [quality(tmp_path, name, value) for name, value in names.items()]
    storage = write(
        tmp_path / "cost" / "sparse.csv", kbps_dense=[3.4] * 20, kbps_paper=[2.6] * 20, events=8
    )
    out = tmp_path / "claims.csv"
    claims(Sources(tables, [storage], [], [], [], None), out, 200, seed=1)
    found = pd.read_csv(out, index_col="claim")
    assert list(found.index) == [claim.number for claim in CLAIMS]
    assert found.loc["1a", "verdict"] == REPRODUCED and found.loc["1a", "seeds"] == 2
    assert found.loc["1b", "verdict"] == REPRODUCED  # equal scores
    assert found.loc["1c", "verdict"] == "not measured"  # no scores
    assert found.loc["2", "value"] == pytest.approx(-0.8)
    assert found.loc["12", "verdict"] == "not measured"  # no onsets
    assert "| 1a | FREE is 2 ± 1 dB" in out.with_suffix(".md").read_text()
    first = out.read_bytes()
    claims(Sources(tables, [storage], [], [], [], None), out, 200, seed=1)
    assert out.read_bytes() == first


def test_tables_of_other_clips_are_refused(tmp_path: Path) -> None:
    one, other = quality(tmp_path, "rvq", 9), quality(tmp_path, "free", 7, count=18)
    with pytest.raises(DataError, match="of other clips than"):
        seed_tables(Sources([one, other], [], [], [], [], None))
    short = write(tmp_path / "cost" / "rvq.csv", kbps_dense=[1], kbps_paper=[1], events=[1])
    with pytest.raises(DataError, match="has 1 clips, the others have 20"):
        seed_tables(Sources([one], [short], [], [], [], None))


def test_the_page_has_the_criteria_of_the_code() -> None:
    lines = [line for line in DOCS.read_text().splitlines() if line.startswith("| ")]
    rows = {number: line for line in lines for number in re.split("[, ]+", line.split("|")[1])}
    for wanted in CLAIMS:
        row = rows[wanted.number]
        numbers = [f"{edge:g}".replace("-", "−") for edge in (wanted.low, wanted.high)]
        for number in numbers:
            assert number in row or "inf" in number, f"{wanted.number}: {number} is not in {row}"


@pytest.mark.parametrize("missing", [0.0, np.nan])
def test_statistics_of_clips_without_events_or_values_have_no_number(missing: float) -> None:
    """A collapsed model has no events; what was not measured is nan. Neither is an error."""
    clips = pd.DataFrame({"performance": [*"aabb"], "onsets": [1.0, 2, 3, 4]})
    clips["x.events"] = missing
    clips["y.events"] = [1.0, 2, 3, 4]
    of = (
        ratio("y.events", "x.events"),
        rank_correlation("y.events", "x.events"),
        rest_to_dense("x.events"),
    )
    for statistic in of:
        claim = Claim("1", "", "", statistic, 0, 1)
        found = assess(claim, [clips], 20, 0)
        assert np.isnan(found.value) and found.verdict == UNDECIDED
