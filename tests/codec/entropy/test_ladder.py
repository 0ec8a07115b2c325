"""Events of a ladder ↔ its grades and loudness."""

import numpy as np
import pytest

from spiking_music.codec.entropy.ladder import Layout, Rungs, climb, descend, parse_layout
from spiking_music.errors import CodeError
from tests.codec.entropy.conftest import ladder


@pytest.mark.parametrize(
    "layout", [Layout(1, 1, 1, 1, 1, 1), Layout(5, 1, 3, 2, 4, 3), Layout(7, 10, 24, 4, 18, 2)]
)
@pytest.mark.parametrize("steps", [1, 30])
def test_round_trip(layout: Layout, steps: int) -> None:
    made = ladder(layout, steps)
    z = descend(made, layout)
    assert z.shape == (layout.rows, steps)
    assert z.dtype == np.uint8
    found = climb(z, layout)
    np.testing.assert_array_equal(found.grades, made.grades)
    np.testing.assert_array_equal(found.loudness, made.loudness)
    np.testing.assert_array_equal(found.bands, made.bands)


def test_rows() -> None:
    layout = Layout(2, 3, 2, 2, 2, 2)
    grades = np.array([[1, -3], [0, 2], [0, 0]], np.int8)
    bands = np.array([[1, 0], [2, 2]], np.int16)
    z = descend(Rungs(grades, np.array([0, 2, 2], np.int16), bands), layout)
    assert z.tolist() == [
        *([1, 0, 0], [0, 1, 0]),  # ON
        *([0, 0, 0], [1, 0, 0]),  # OFF
        *([0, 0, 0], [1, 1, 0]),  # 2 or more
        *([0, 0, 0], [1, 0, 0]),  # 3
        *([0, 0, 0], [0, 1, 1]),  # loudness
        *([1, 1, 0], [0, 0, 1]),  # the first band's levels, each for two steps
        *([0, 0, 0], [0, 0, 1]),
    ]


@pytest.mark.parametrize("rows", [[0, 2], [4], [0, 6], [8, 9], [10]])
def test_what_lacks_a_rung_is_no_ladder(rows: list[int]) -> None:
    """ON with OFF, a grade alone, one without that below, loudness of two levels, a level that does
    not hold.
    """
    layout = Layout(2, 3, 2, 1, 2, 2)
    z = np.zeros((layout.rows, 3), np.uint8)
    assert climb(z, layout) is not None
    z[rows, 1] = 1
    assert climb(z, layout) is None


def test_layouts_as_text() -> None:
    assert parse_layout("") is None
    assert parse_layout(str(Layout(192, 10, 24, 4, 18, 2))) == Layout(192, 10, 24, 4, 18, 2)
    for text in ("192", "1,2,3,4", "0,1,1,1,1,1", "1,2,1,1,1,x", "1,101,1,1,1,1", "1,1,1,1,1,256"):
        with pytest.raises(CodeError, match="ladder"):
            parse_layout(text)
