"""Durations and years that a table of one's own leaves out, and durations that are wrong."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from spiking_music.config import Config, DatasetConfig, read, validate
from spiking_music.data.index import check_table, read_performances, write_index
from spiking_music.data.labels import read_labels
from spiking_music.data.midi import read_midi
from spiking_music.errors import ConfigError, DataError
from tests.conftest import DEFAULTS
from tests.data.conftest import write_midi

SECONDS = (1.5, 2.0, 3.0, 4.0)
RATE = 8000


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "canonical_composer": "Anon",
            "canonical_title": "Piece",
            "split": ["train", "train", "validation", "test"],
            "year": 2004,
            "midi_filename": [f"{number}.mid" for number in range(4)],
            "audio_filename": [f"{number}.wav" for number in range(4)],
            "duration": SECONDS,
        }
    )


@pytest.fixture
def own(dataset: DatasetConfig, tmp_path: Path) -> DatasetConfig:
    """A folder of four recordings and their notes, whose table a test writes."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number, seconds in enumerate(SECONDS):
        soundfile.write(folder / f"{number}.wav", np.zeros(round(seconds * RATE)), RATE)
        write_midi(folder / f"{number}.mid", [(100 * number, 60, 80)])
    every = dataset.subset.model_copy(update={"splits": ("train", "validation", "test")})
    return dataset.model_copy(update={"source": "folder", "path": str(folder), "subset": every})


def made(own: DatasetConfig, table: pd.DataFrame) -> pd.DataFrame:
    folder = Path(str(own.path))
    table.to_csv(folder / "metadata.csv", index=False)
    write_index(own, 1, folder.parent / "performances.csv")
    return read_performances(folder.parent / "performances.csv")


def without(*columns: str) -> pd.DataFrame:
    return rows().drop(columns=list(columns))


def limited(own: DatasetConfig, **limits: object) -> DatasetConfig:
    return own.model_copy(update={"subset": own.subset.model_copy(update=limits)})


def test_absent_columns_and_empty_cells(own: DatasetConfig) -> None:
    found = made(own, without("year", "duration"))
    assert found["duration"].tolist() == list(SECONDS)
    assert found["year"].isna().all()
    some = rows().assign(year=["", 2004, 2005, ""], duration=["", 2.0, "", 4.0])
    found = made(own, some)
    assert found["duration"].tolist() == list(SECONDS)
    assert found["year"].tolist()[1:3] == [2004, 2005] and found["year"].isna().sum() == 2
    labels = read_labels(Path(str(own.path)).parent / "performances.csv", "year")
    assert labels[[1, 2]].tolist() == ["2004", "2005"] and labels[[0, 3]].isna().all()


def test_years_that_are_there_can_be_chosen(own: DatasetConfig) -> None:
    some = rows().assign(year=["", 2004, 2005, ""])
    assert made(limited(own, years=(2005,)), some)["audio_filename"].tolist() == ["2.wav"]
    with pytest.raises(ConfigError, match="years: the table has no year '2003'"):
        made(limited(own, years=(2003,)), some)


def test_hours_are_drawn_by_what_the_recordings_last(own: DatasetConfig) -> None:
    few = limited(own, max_hours=7.6 / 3600)  # of 10.5 s
    found, said = made(few, without("duration")), made(few, rows())
    pd.testing.assert_frame_equal(found, said)
    assert found["duration"].sum() <= 7.6
    (Path(str(own.path)) / "2.wav").unlink()
    with pytest.raises(DataError, match=r"recording '.*2\.wav' is missing"):
        made(few, without("duration"))


@pytest.mark.parametrize("wrong", [2.1, 3.9, 60, 0.1, 1e9])
def test_a_wrong_duration_is_told(own: DatasetConfig, wrong: float) -> None:
    with pytest.raises(DataError) as caught:
        made(own, rows().assign(duration=[*SECONDS[:2], wrong, SECONDS[3]]))
    assert str(caught.value) == (
        f"'{own.path}/metadata.csv', row 4: duration '{wrong:g}' is wrong, as '2.wav' lasts "
        "3.00 s: correct it, or leave it empty"
    )


def test_durations_may_be_rounded_and_those_of_the_midi(own: DatasetConfig) -> None:
    found = made(own, rows().assign(duration=[2, 2, 3.7, 4]))
    assert found["duration"].tolist() == [2, 2, 3.7, 4]


def test_what_cannot_be_read_is_left_to_those_that_may_skip_it(own: DatasetConfig) -> None:
    folder = Path(str(own.path))
    (folder / "0.wav").unlink()
    (folder / "1.wav").write_bytes(b"no sound")
    found = made(own, rows().assign(duration=["", 99, "", ""]))
    assert found["duration"].isna().tolist() == [True, False, False, False]


def test_durations_of_what_is_rendered(own: DatasetConfig) -> None:
    midi = own.model_copy(update={"source": "midi"})
    expected = [read_midi(Path(str(own.path)) / f"{number}.mid").duration for number in range(4)]
    assert made(midi, without("duration"))["duration"].tolist() == pytest.approx(expected)
    assert made(midi, rows())["duration"].tolist() == list(SECONDS)


def config(own: DatasetConfig, results: Path, **subset: object) -> Config:
    given = {"name": "own", "source": own.source, "path": own.path, "subset": subset}
    raw = read([*DEFAULTS, json.dumps({"dataset": given, "results": str(results)})])
    return validate(raw)


def test_a_table_is_checked_before_anything_runs(own: DatasetConfig, tmp_path: Path) -> None:
    folder = Path(str(own.path))
    rows().to_csv(folder / "metadata.csv", index=False)
    for path in folder.glob("*.wav"):
        path.unlink()  # they are not looked at
    check_table(config(own, tmp_path))
    with pytest.raises(ConfigError, match="the table has no canonical_composer 'Bach'"):
        check_table(config(own, tmp_path, composers=["Bach"]))
    without("duration").to_csv(folder / "metadata.csv", index=False)
    check_table(config(own, tmp_path, max_hours=0.1))
    rows().assign(split="dev").to_csv(folder / "metadata.csv", index=False)
    with pytest.raises(DataError, match="row 2: split 'dev' is no split"):
        check_table(config(own, tmp_path))


def test_data_that_are_gone_are_no_error_once_their_catalogue_is_made(
    own: DatasetConfig, tmp_path: Path
) -> None:
    gone = own.model_copy(update={"path": str(tmp_path / "gone")})
    with pytest.raises(DataError, match=r"dataset\.path '.*gone' does not exist"):
        check_table(config(gone, tmp_path))
    (tmp_path / "own").mkdir()
    (tmp_path / "own/performances.csv").touch()
    check_table(config(gone, tmp_path))
