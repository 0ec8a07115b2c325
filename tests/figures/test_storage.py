"""Figure 1: its regimes are those of the cost functions."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from spiking_music.codec.formats import FORMATS, cost
from spiking_music.figures.storage import FEWEST, draw, regimes


def test_four_regimes_at_the_papers_size() -> None:
    assert [run.format for run in regimes(80, 1024)] == ["coo", "time", "units", "dense"]


def test_costs_meet_where_regimes_do() -> None:
    """S = 79 and S = 3776 solve 7 S = 79 * 7 and 3 S = 944 * 12: the formats tie there."""
    first, second, third, _ = regimes(80, 1024)
    assert (first.last, second.last) == (79, 3776)
    assert cost("coo", 80, 1024, 79) == cost("time", 80, 1024, 79)
    assert cost("time", 80, 1024, 3776) == cost("units", 80, 1024, 3776)
    # no tie here: compressed units pass N T = 81920 bits between two counts
    assert (
        cost("units", 80, 1024, third.last) <= 80 * 1024 < cost("units", 80, 1024, third.last + 1)
    )


@pytest.mark.parametrize(("units", "steps"), [(80, 1024), (80, 256), (256, 256), (1, 64), (5, 10)])
def test_regimes_cover_all_counts_with_the_cheapest_format(units: int, steps: int) -> None:
    runs = regimes(units, steps)
    assert runs[0].first == FEWEST
    assert runs[-1].last == units * steps
    assert all(later.first == earlier.last + 1 for earlier, later in pairwise(runs))
    for run in runs:
        events = np.arange(run.first, run.last + 1)
        best = np.min([cost(name, units, steps, events) for name in FORMATS], axis=0)
        assert np.array_equal(cost(run.format, units, steps, events), best)


def test_drawing_names_formats_and_crossings_in_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw(80, 1024, tmp_path / name)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    texts = (tmp_path / "one.svg").read_text()  # glyphs are paths, their text is in comments
    for text in ("coordinates", "compressed", "dense", "i.i.d. entropy", "S = 80"):
        assert text in texts
    for run in regimes(80, 1024)[1:]:
        assert f"S = {run.first:,}".replace(",", "\u2009") in texts


def test_drawing_another_size(tmp_path: Path) -> None:
    draw(5, 10, tmp_path / "small")  # one regime, no crossing
    assert (tmp_path / "small.png").stat().st_size > 10_000
