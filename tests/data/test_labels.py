"""Labels of performances: columns of the catalogue, and the periods of composers."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.data.labels import PERIODS, periods, read_labels
from spiking_music.errors import DataError
from tests.conftest import DATA

ROWS = {
    "canonical_composer": ["Johann Sebastian Bach", "Franz Liszt", "Nobody", "Bach / Busoni"],
    "canonical_title": "Piece",
    "split": "train",
    "year": 2004,
    "midi_filename": "",
    "audio_filename": ["a.wav", "b.wav", "c.wav", "d.wav"],
    "duration": 20.0,
    "performance": [0, 1, 2, 3],
    "shard": 0,
    "genre": ["NA", "Rock", "Rock", "007"],
}


@pytest.fixture
def performances(tmp_path: Path) -> Path:
    pd.DataFrame(ROWS).to_csv(tmp_path / "performances.csv", index=False)
    return tmp_path / "performances.csv"


def test_a_column_and_a_period(performances: Path) -> None:
    assert read_labels(performances, "genre").to_dict() == dict(enumerate(ROWS["genre"]))
    period = read_labels(performances, "period")
    assert period[0] == "baroque" and period[1] == "romantic"
    assert period[[2, 3]].isna().all()  # unknown, and in another's arrangement


def test_a_column_that_is_not_there(performances: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no column 'mood' to probe for: name it in"):
        read_labels(performances, "mood")
    with pytest.raises(DataError, match=r"none\.csv' does not exist"):
        read_labels(tmp_path / "none.csv", "genre")


def test_every_composer_of_maestro_has_a_period() -> None:
    table = DATA / "maestro-v3.0.0.csv"
    if not table.exists():
        pytest.skip("maestro-v3.0.0.csv is not at hand: set SPIKING_MUSIC_DATA")
    composers = set(pd.read_csv(table)["canonical_composer"])
    assert {name for name in composers if " / " not in name} == set(periods())
    assert set(periods().values()) == set(PERIODS)
