"""Where the units of a filter bank stand; test_selectivity.py has those that are learned."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music.codec.units import units
from spiking_music.errors import DataError
from spiking_music.evaluation.tuning import FREQUENCY, NUMBER, TUNING, pitches
from spiking_music.models.shipped import PRETRAINED, WEIGHTS
from spiking_music.models.weights import load_weights
from tests.evaluation.conftest import Model


def test_units_of_the_mdct_stand_at_their_frequency() -> None:
    _, config = load_weights(PRETRAINED / WEIGHTS)
    found, sorting = pitches(config, Path("unused.csv"))
    table = units(config)
    assert sorting == FREQUENCY
    np.testing.assert_array_equal(np.isnan(found), table["kind"] == "gain")
    tenth = np.flatnonzero(table["kind"] == "on")[10]
    assert found[tenth] == pytest.approx(69 + 12 * np.log2(10.5 * 22050 / 1024 / 440))


def test_learned_units_stand_nowhere_without_notes(mu_sparse: Model) -> None:
    _, config = load_weights(mu_sparse.weights)
    found, sorting = pitches(config, None)
    assert sorting == NUMBER and np.isnan(found).all()


def test_learned_units_stand_at_their_best_note(mu_sparse: Model, tmp_path: Path) -> None:
    _, config = load_weights(mu_sparse.weights)
    unit = np.arange(config.bottleneck.rows)
    table = pd.DataFrame({"unit": unit, "events": 9, "best_note": 21 + unit, "excess": 1 - unit})
    table.to_csv(tmp_path / "free.csv", index=False)
    found, sorting = pitches(config, tmp_path / "free.csv")
    assert sorting == TUNING and found[0] == 21 and np.isnan(found[1:]).all()
    table[:-1].to_csv(tmp_path / "free.csv", index=False)
    with pytest.raises(DataError, match="name the table of this model"):
        pitches(config, tmp_path / "free.csv")
