"""Events ↔ quantiser levels, gains and envelope."""

import numpy as np
import pytest

from spiking_music.errors import CodeError
from spiking_music.mdct.thermometer import (
    Layout,
    Quantized,
    from_thermometer,
    parse_layout,
    to_thermometer,
)
from tests.codec.entropy.conftest import quantized


@pytest.mark.parametrize(
    "layout", [Layout(1, 1, 1, 1, 1, 1), Layout(5, 1, 3, 2, 4, 3), Layout(7, 10, 24, 4, 18, 2)]
)
@pytest.mark.parametrize("steps", [1, 30])
def test_round_trip(layout: Layout, steps: int) -> None:
    made = quantized(layout, steps)
    z = to_thermometer(made, layout)
    assert z.shape == (layout.rows, steps)
    assert z.dtype == np.uint8
    found = from_thermometer(z, layout)
    np.testing.assert_array_equal(found.levels, made.levels)
    np.testing.assert_array_equal(found.gains, made.gains)
    np.testing.assert_array_equal(found.envelope, made.envelope)


def test_rows() -> None:
    layout = Layout(2, 3, 2, 2, 2, 2)
    levels = np.array([[1, -3], [0, 2], [0, 0]], np.int8)
    bands = np.array([[1, 0], [2, 2]], np.int16)
    z = to_thermometer(Quantized(levels, np.array([0, 2, 2], np.int16), bands), layout)
    assert z.tolist() == [
        *([1, 0, 0], [0, 1, 0]),  # ON
        *([0, 0, 0], [1, 0, 0]),  # OFF
        *([0, 0, 0], [1, 1, 0]),  # 2 or more
        *([0, 0, 0], [1, 0, 0]),  # 3
        *([0, 0, 0], [0, 1, 1]),  # gain
        *([1, 1, 0], [0, 0, 1]),  # the first band's levels, each for two steps
        *([0, 0, 0], [0, 0, 1]),
    ]


@pytest.mark.parametrize("rows", [[0, 2], [4], [0, 6], [8, 9], [10]])
def test_what_lacks_the_unit_below_is_no_thermometer_code(rows: list[int]) -> None:
    """ON with OFF, a level alone, one without that below, a gain of two levels, a level that does
    not hold.
    """
    layout = Layout(2, 3, 2, 1, 2, 2)
    z = np.zeros((layout.rows, 3), np.uint8)
    assert from_thermometer(z, layout) is not None
    z[rows, 1] = 1
    assert from_thermometer(z, layout) is None


def test_layouts_as_text() -> None:
    assert parse_layout("") is None
    assert parse_layout(str(Layout(192, 10, 24, 4, 18, 2))) == Layout(192, 10, 24, 4, 18, 2)
    for text in ("192", "1,2,3,4", "0,1,1,1,1,1", "1,2,1,1,1,x", "1,101,1,1,1,1", "1,1,1,1,1,256"):
        with pytest.raises(CodeError, match="quantise"):
            parse_layout(text)
