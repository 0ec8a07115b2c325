"""What counts as another version of the recordings, and of which split."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from spiking_music import config as configuration
from spiking_music.config import DatasetConfig
from spiking_music.data.versions import versions
from tests.conftest import DEFAULTS

SPLITS = ["train", "train", "train", "validation", "test", "test"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = []
    for number, split in enumerate(SPLITS):
        names = f"{number}.midi", f"{number}.wav"
        for name in names:
            (tmp_path / name).write_text("something")
        rows.append(("Anon", f"No. {number}", split, 2004, *names, 3.0))
    write(tmp_path, pd.DataFrame(rows, columns=COLUMNS))
    return tmp_path


COLUMNS = ["canonical_composer", "canonical_title", "split", "year"]
COLUMNS += ["midi_filename", "audio_filename", "duration"]


def write(folder: Path, table: pd.DataFrame) -> None:
    table.to_csv(folder / "metadata.csv", index=False)


def look(folder: Path, **settings: object) -> dict[str, str]:
    """The versions by the configuration with these settings."""
    given = {"source": "folder", "path": str(folder), "shards": 2, **settings}
    raw = configuration.read([*DEFAULTS, json.dumps({"dataset": given})])
    return versions(configuration.section(raw, DatasetConfig), 1)


def changed(before: dict[str, str], after: dict[str, str]) -> set:
    return {key for key in before | after if before.get(key) != after.get(key)}


def test_every_split_has_one_and_keeps_it(folder: Path) -> None:
    found = look(folder)
    assert set(found) == set(SPLITS)
    assert len(set(found.values())) == len(found)
    assert look(folder) == found


@pytest.mark.parametrize("name", ["5.wav", "5.midi"])
@pytest.mark.parametrize("change", ["longer", "older", "missing"])
def test_a_changed_file_concerns_its_split_only(folder: Path, name: str, change: str) -> None:
    before, path = look(folder), folder / name
    if change == "longer":
        path.write_text("something else")
    elif change == "older":
        os.utime(path, (0, 0))
    else:
        path.unlink()
    assert changed(before, look(folder)) == {"test"}


def test_a_row_more_concerns_its_split_only(folder: Path) -> None:
    before, table = look(folder), pd.read_csv(folder / "metadata.csv")
    row = table.iloc[-1].to_dict() | {"midi_filename": "6.midi", "audio_filename": "6.wav"}
    write(folder, pd.concat([table, pd.DataFrame([row])]))
    assert changed(before, look(folder)) == {"test"}


def test_where_nothing_can_be_known_the_verbs_speak(folder: Path) -> None:
    assert look(folder, source="demo", path=None) == {}
    assert look(folder / "gone") == {}
    (folder / "metadata.csv").write_text("no,table")
    assert look(folder) == {}
