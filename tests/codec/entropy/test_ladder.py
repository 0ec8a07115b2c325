"""Events of a ladder ↔ its grades and loudness."""

import numpy as np
import pytest

from spiking_music.codec.entropy.ladder import Layout, Rungs, climb, descend, parse_layout
from spiking_music.errors import CodeError
from tests.codec.entropy.conftest import ladder


@pytest.mark.parametrize("layout", [Layout(1, 1, 1), Layout(5, 1, 3), Layout(7, 10, 24)])
@pytest.mark.parametrize("steps", [1, 30])
def test_round_trip(layout: Layout, steps: int) -> None:
    made = ladder(layout, steps)
    z = descend(made, layout)
    assert z.shape == (layout.rows, steps)
    assert z.dtype == np.uint8
    found = climb(z, layout)
    np.testing.assert_array_equal(found.grades, made.grades)
    np.testing.assert_array_equal(found.loudness, made.loudness)


def test_rows() -> None:
    layout = Layout(2, 3, 2)
    grades, loudness = np.array([[1, -3], [0, 2]], np.int8), np.array([0, 2], np.int16)
    z = descend(Rungs(grades, loudness), layout)
    assert z.tolist() == [
        *([1, 0], [0, 1]),  # ON
        *([0, 0], [1, 0]),  # OFF
        *([0, 0], [1, 1]),  # 2 or more
        *([0, 0], [1, 0]),  # 3
        *([0, 0], [0, 1]),  # loudness
    ]


@pytest.mark.parametrize("rows", [[0, 2], [4], [0, 6], [8, 9]])
def test_what_lacks_a_rung_is_no_ladder(rows: list[int]) -> None:
    """ON with OFF, a grade alone, one without that below, loudness of two levels."""
    layout = Layout(2, 3, 2)
    z = np.zeros((layout.rows, 3), np.uint8)
    assert climb(z, layout) is not None
    z[rows, 1] = 1
    assert climb(z, layout) is None


def test_layouts_as_text() -> None:
    assert parse_layout("") is None
    assert parse_layout(str(Layout(192, 10, 24))) == Layout(192, 10, 24)
    for text in ("192", "1,2,3,4", "0,1,1", "1,2,x", "1,101,1"):
        with pytest.raises(CodeError, match="ladder"):
            parse_layout(text)
