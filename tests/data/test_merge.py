"""Several data sets as one: links, one table, and what cannot be united."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.data.index import COLUMNS
from spiking_music.data.merge import merge
from spiking_music.errors import DataError


def folder(path: Path, midi: str) -> Path:
    """A data set of one recording in a folder of its own, with a column beyond MAESTRO's."""
    (path / "sounds").mkdir(parents=True)
    (path / "sounds/a.wav").write_text(str(path))
    row = ("Anon", "No. 1", "train", 2004, midi, "sounds/a.wav", 3.5, "jazz")
    pd.DataFrame([row], columns=[*COLUMNS, "genre"]).to_csv(path / "metadata.csv", index=False)
    return path


def test_rows_of_all_name_the_files_of_each(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    folders = [folder(tmp_path / "here/one", ""), folder(tmp_path / "there/two", "sounds/a.midi")]
    out = tmp_path / "both"
    for _ in range(2):  # again: over what is there
        merge(folders, out)
    assert f"wrote {out}\n" in capfd.readouterr().err
    table = pd.read_csv(out / "metadata.csv", keep_default_na=False)
    assert list(table) == COLUMNS
    assert table["audio_filename"].tolist() == ["one/sounds/a.wav", "two/sounds/a.wav"]
    assert table["midi_filename"].tolist() == ["", "two/sounds/a.midi"]
    for name, source in zip(table["audio_filename"], folders, strict=True):
        assert (out / name).read_text() == str(source)
        assert (source / "sounds/a.wav").is_file()


def test_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    folders = [folder(tmp_path / place / "one", "") for place in ("here", "there")]
    with pytest.raises(DataError, match="two folders are called 'one'"):
        merge(folders, tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    good = folder(tmp_path / "one", "")
    with pytest.raises(DataError, match="is no folder"):
        merge([good, tmp_path / "nowhere"], tmp_path / "both")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty"):
        merge([good, tmp_path / "empty"], tmp_path / "both")
    assert not (tmp_path / "both").exists()
