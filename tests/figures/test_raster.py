"""Rasters: which units are drawn where, and what their axis says."""

import numpy as np
import pytest
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from spiking_music.figures import raster
from spiking_music.figures.raster import Units

INK = ListedColormap(["white", "black"])


def _ticks(units: Units, rows: np.ndarray, closest: float = 0.1) -> dict[str, float]:
    axes = Figure().subplots()
    raster.ticks(axes, units, rows, closest)
    return {text.get_text(): text.get_position()[1] for text in axes.get_yticklabels()}


def test_units_that_fire_stand_by_their_pitch_those_without_one_below() -> None:
    units = Units(np.array([60.0, np.nan, 40.0, 72.0, 50.0]), "tuning")
    codes = np.eye(5, 7, dtype=np.uint8)
    codes[4] = 0  # never fires
    assert units.rows(codes).tolist() == [1, 2, 0, 3]
    assert units.rows(codes, 1 - codes).tolist() == [1, 2, 4, 0, 3]
    assert units.rows(np.zeros((5, 7), np.uint8)).tolist() == [0]


def test_ticks_are_at_the_first_unit_of_an_octave() -> None:
    pitches = np.array([50.0, 55, 60, 61, 71, 72, 90])
    found = _ticks(Units(pitches, "tuning"), np.arange(7))
    assert found == {"C4": 2.0, "C5": 5.0, "C6": 6.0}
    assert set(_ticks(Units(pitches, "tuning"), np.arange(7), closest=0.4)) == {"C4", "C5"}
    assert _ticks(Units(np.array([62.0, 62.0]), "tuning"), np.arange(2)) == {"D4": 0.0}


def test_ticks_of_frequencies_are_in_hertz() -> None:
    hertz = np.array([np.nan, 80, 150, 220, 440, 880, 3000])
    found = _ticks(Units(69 + 12 * np.log2(hertz / 440), "frequency"), np.arange(7))
    assert found == {"–": 0.5, "100": 2.0, "200": 3.0, "500": 5.0, "1000": 6.0}


def test_ticks_of_units_without_places_are_their_numbers() -> None:
    found = _ticks(Units(np.full(9, np.nan), "number"), np.array([2, 3, 5, 8]))
    assert found == {"2": 0.5, "5": 2.5, "8": 3.5}


@pytest.mark.parametrize("most", [100, 3])
def test_every_event_is_in_the_picture(most: int) -> None:
    axes = Figure().subplots()
    codes = np.eye(6, dtype=np.uint8)
    raster.draw(axes, codes, np.arange(6), most, 6.0, INK)
    shown = axes.images[0].get_array()
    assert len(shown) == min(most, 6) and (shown.sum(axis=0) == 1).all()
