"""Both rules at their boundaries."""

import numpy as np
import pytest

from spiking_music.errors import DataError
from spiking_music.listening.screening import bs1534, paper, screen
from tests.listening.results import pages


@pytest.mark.parametrize(
    ("reference", "anchor", "kept"),
    [
        ([100, 80], [0, 20], True),  # borders of the bands
        ([100, 79.9], [0, 0], False),
        ([100, 100], [0, 20.1], False),
        ([79, 79], [21, 21], False),
    ],
)
def test_the_papers_rule(reference: list[float], anchor: list[float], kept: bool) -> None:
    assert paper(np.array(reference), np.array(anchor)) is kept


@pytest.mark.parametrize(
    ("items", "missed", "kept"),
    [(20, 3, True), (20, 4, False), (5, 0, True), (5, 1, False), (7, 1, True), (6, 1, False)],
)
def test_bs1534_lets_15_percent_of_the_items_be_missed(items: int, missed: int, kept: bool) -> None:
    reference = np.full(items, 90.0)  # not below 90
    reference[:missed] = 89.0
    assert bs1534(reference, np.full(items, 100.0)) is kept


def test_a_row_a_listener_with_what_the_rules_saw() -> None:
    scores = [[100, 50, 5], [85, 50, 15], [100, 50, 0], [100, 50, 30]]
    table = screen(pages(scores, ["b", "b", "a", "a"], ("reference", "rvq", "anchor-distorted")))
    assert table.to_dict("records") == [
        {
            "unit": "a",
            "reference_lowest": 100,
            "reference_below_90": 0,
            "anchor_highest": 30,
            "paper": 0,
            "BS.1534-3": 1,
        },
        {
            "unit": "b",
            "reference_lowest": 85,
            "reference_below_90": 0.5,
            "anchor_highest": 15,
            "paper": 1,
            "BS.1534-3": 0,
        },
    ]


@pytest.mark.parametrize(
    ("present", "absent"),
    [("reference", "anchor-distorted"), ("anchor-distorted", "reference")],
)
def test_without_reference_or_anchor_nobody_can_be_screened(present: str, absent: str) -> None:
    with pytest.raises(DataError, match=f"no system '{absent}'"):
        screen(pages([[1, 2]], ["a"], ("rvq", present)))
