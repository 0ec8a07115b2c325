"""The picture of events: exact where a dot is an entry, as dense as the events elsewhere."""

import numpy as np
import pytest

from spiking_music.codec.picture import BLANK, DOTS, raster


def dots(lines: list[str]) -> np.ndarray:
    codes = np.array([[ord(c) - BLANK for c in line] for line in lines])
    cells = (codes[:, None, :, None] & DOTS[:, None, :]) > 0
    return cells.reshape(4 * len(lines), -1)


def test_small_matrices_are_shown_event_by_event() -> None:
    z = (np.random.default_rng(0).random((80, 150)) < 0.1).astype(np.uint8)
    lines = raster(np.split(z, [40, 41], axis=1), 80, 150, width=79, height=20)
    assert (len(lines), len(lines[0])) == (20, 75)
    np.testing.assert_array_equal(dots(lines)[:80, :150], z)


def test_long_ones_are_shown_by_density() -> None:
    rng = np.random.default_rng(0)
    z = (rng.random((80, 6000)) < 0.01).astype(np.uint8)
    z[40:, 3000:] = rng.random((40, 3000)) < 0.3
    found = dots(raster([z], 80, 6000, width=60, height=20))
    assert found.shape == (80, 120)
    assert found[40:, 60:].mean() > 0.7 and found[:40].mean() < 0.1


@pytest.mark.parametrize("value", [0, 1])
def test_nothing_and_everything_can_be_drawn(value: int) -> None:
    lines = raster([np.full((3, 5), value, np.uint8)], 3, 5, width=10, height=10)
    assert dots(lines)[:3, :5].all() == bool(value)
    raster([np.full((300, 500), value, np.uint8)], 300, 500, width=10, height=10)
