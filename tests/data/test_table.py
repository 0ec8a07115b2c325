"""A table for a folder of recordings: what it says, what it refuses, and that it can be used."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

from spiking_music import cli
from spiking_music.config import DatasetConfig
from spiking_music.data.index import COLUMNS, read_performances, write_index
from spiking_music.data.midi import read_midi
from spiking_music.data.table import make_table
from spiking_music.errors import DataError
from tests.data.conftest import write_midi


def sound(path: Path, seconds: float = 0.5, rate: int = 8000, **how: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.ones(round(seconds * rate)), rate, **how)
    return path


def made(folder: Path, seed: int = 1, validation: float = 0.1, test: float = 0.1) -> pd.DataFrame:
    make_table(folder, seed, validation, test, force=False)
    table = pd.read_csv(folder / "metadata.csv", keep_default_na=False)
    assert list(table) == COLUMNS
    return table.set_index("audio_filename", drop=False)


def test_the_verb_takes_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(tmp_path / "album" / "1.wav")
    shares = ["--validation", "0", "--test", "1"]
    words = ["spiking-music", "data", "table", str(tmp_path / "album"), *shares]
    monkeypatch.setattr("sys.argv", words)
    with suppress(SystemExit):
        cli.main()
    assert (tmp_path / "album" / "metadata.csv").is_file(), capsys.readouterr().err


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Six recordings in folders, some MIDI, and what is neither."""
    folder = tmp_path / "an album, {live}"
    for number, seconds in enumerate((1.5, 2, 2.5)):
        sound(folder / f"Satie/Gymnopédies/{number + 1}.flac", seconds)
        write_midi(folder / f"Satie/Gymnopédies/{number + 1}.MID", [(100, 60, 80)])
    for name in ("Liszt/La campanella, live: 1.wav", "b.WAV", "a.ogg"):
        sound(folder / name, format="OGG" if name.endswith("ogg") else "WAV")
    (folder / "cover.jpg").write_bytes(b"a picture")
    (folder / "._b.WAV").write_bytes(b"what macOS leaves")
    (folder / "Satie/.git").mkdir()
    (folder / "Satie/.git/x.wav").write_bytes(b"hidden")
    return folder


def test_rows_are_read_from_the_files(album: Path, capsys: pytest.CaptureFixture) -> None:
    table = made(album)
    assert table.index.tolist() == [
        "Liszt/La campanella, live: 1.wav",
        *[f"Satie/Gymnopédies/{number}.flac" for number in (1, 2, 3)],
        "a.ogg",
        "b.WAV",
    ]
    assert table["duration"].tolist() == [0.5, 1.5, 2, 2.5, 0.5, 0.5]
    assert table["canonical_composer"].tolist() == ["Liszt", *["Satie"] * 3, *["unknown"] * 2]
    assert table["canonical_title"].tolist()[:2] == ["La campanella, live: 1", "Gymnopédies / 1"]
    assert table["midi_filename"].tolist()[1] == "Satie/Gymnopédies/1.MID"
    assert (table["midi_filename"] != "").sum() == 3
    assert table["split"].value_counts().to_dict() == {"train": 4, "validation": 1, "test": 1}
    said = capsys.readouterr().err
    assert "6 recordings (4 train, 1 validation, 1 test), 0.00 h, 3 with MIDI\n" in said
    *_, last = said.splitlines()
    settings = {"source": "folder", "path": str(album), "notes": "none"}
    assert yaml.safe_load(last.removeprefix("use it with ")) == {"dataset": settings}


def test_the_seed_alone_deals_the_splits(tmp_path: Path) -> None:
    for number in range(40):
        sound(tmp_path / f"{number}.wav", 0.01)
    found = []
    for seed in (1, 1, 2):
        (tmp_path / "metadata.csv").unlink(missing_ok=True)
        made(tmp_path, seed, validation=0.25, test=0.25)
        found.append((tmp_path / "metadata.csv").read_bytes())
    assert found[0] == found[1] != found[2]
    counts = pd.read_csv(tmp_path / "metadata.csv")["split"].value_counts().to_dict()
    assert counts == {"train": 20, "validation": 10, "test": 10}


@pytest.mark.parametrize(
    ("count", "validation", "test", "expected"),
    [
        (3, 0.1, 0.1, {"train": 1, "validation": 1, "test": 1}),
        (1, 0, 1, {"test": 1}),
        (2, 0, 0.5, {"train": 1, "test": 1}),
        (5, 0.5, 0.5, {"validation": 3, "test": 2}),
        (4, 0.49, 0.49, {"train": 1, "validation": 1, "test": 2}),
    ],
)
def test_every_split_with_a_share_has_a_recording(
    tmp_path: Path, count: int, validation: float, test: float, expected: dict[str, int]
) -> None:
    for number in range(count):
        sound(tmp_path / f"{number}.wav", 0.01)
    found = made(tmp_path, 1, validation, test)["split"].value_counts().to_dict()
    assert set(found) == set(expected) and sum(found.values()) == count


def test_a_table_that_is_there_stays(album: Path) -> None:
    (album / "songs.csv").write_text("mine\n")
    with pytest.raises(DataError, match=r"has the table 'songs\.csv' already: give --force"):
        make_table(album, 1, 0.1, 0.1, force=False)
    assert not (album / "metadata.csv").exists()
    make_table(album, 1, 0.1, 0.1, force=True)
    first = (album / "metadata.csv").read_bytes()
    with pytest.raises(DataError, match="has the table"):
        make_table(album, 2, 0.1, 0.1, force=False)
    assert (album / "metadata.csv").read_bytes() == first
    assert (album / "songs.csv").read_text() == "mine\n"


def spoil(album: Path, how: str) -> str:
    """Make the album one that has no table; return what the message must say."""
    if how == "damaged":
        (album / "b.WAV").write_bytes(b"no sound at all" * 9)
        return r"^recording '.*b\.WAV' cannot be read"
    if how == "cut short":
        (album / "c.m4a").write_bytes(b"\0\0\0 ftypM4A ")
        return r"^recording '.*c\.m4a' is cut short"
    if how == "dangling":
        (album / "c.wav").symlink_to("nowhere.wav")
        return r"^recording '.*c\.wav' is missing"
    if how == "two MIDI files":
        write_midi(album / "a.mid", [(0, 60, 80)])
        write_midi(album / "a.midi", [(0, 60, 80)])
        return r"'a\.ogg' has two MIDI files, 'a\.mid' and 'a\.midi'"
    if how == "two recordings of one MIDI file":
        sound(album / "Satie/Gymnopédies/1.wav")
        return r"1\.flac' and '.*1\.wav' are two recordings of one MIDI file"
    if how == "no UTF-8":
        Path(os.fsdecode(bytes(album) + b"/lat\xe9.wav")).write_bytes(
            (album / "b.WAV").read_bytes()
        )
        return r"the name of 'lat�\.wav' is not UTF-8"
    sound(album / " c.wav")
    return r"a table cannot hold the name ' c\.wav'"


@pytest.mark.parametrize(
    "how",
    [
        "damaged",
        "cut short",
        "dangling",
        "two MIDI files",
        "two recordings of one MIDI file",
        "no UTF-8",
        "space",
    ],
)
def test_what_cannot_be_in_a_table_is_named(album: Path, how: str) -> None:
    with pytest.raises(DataError, match=spoil(album, how)):
        made(album)
    assert not (album / "metadata.csv").exists()


def test_folders_without_enough_recordings(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder: unpack it"):
        made(tmp_path / "gone")
    with pytest.raises(DataError, match="holds no recording"):
        made(tmp_path)
    sound(tmp_path / "a.wav")
    with pytest.raises(DataError, match=r"1 recordings are too few for 3 splits: .*--test 1"):
        made(tmp_path)
    for shares in ((0.6, 0.6), (float("nan"), 0.1), (-0.1, 0.1)):
        with pytest.raises(DataError, match="are no shares of one whole: give numbers"):
            made(tmp_path, 1, *shares)


def test_a_folder_in_the_place_of_the_table_stays(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    (tmp_path / "metadata.csv").mkdir()
    for force in (False, True):
        with pytest.raises(DataError, match=r"metadata\.csv' is a folder, where the table"):
            make_table(tmp_path, 1, 0, 1, force)
    assert (tmp_path / "metadata.csv").is_dir()


def test_links_that_lead_back_end(album: Path) -> None:
    (album / "Satie/again").symlink_to(album)
    assert len(made(album)) == 6


def test_the_table_can_be_used(album: Path, dataset: DatasetConfig, tmp_path: Path) -> None:
    made(album)
    every = dataset.subset.model_copy(update={"splits": ("train", "validation", "test")})
    own = {"source": "folder", "path": str(album), "notes": "none", "subset": every}
    write_index(dataset.model_copy(update=own), 1, tmp_path / "performances.csv")
    assert read_performances(tmp_path / "performances.csv")["year"].isna().all()


def test_midi_alone_is_for_rendering(dataset: DatasetConfig, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(3):
        write_midi(folder / f"{number}.midi", [(100 * number, 60, 80)])
    table = made(folder)
    assert table.index.tolist() == ["0.flac", "1.flac", "2.flac"]
    assert table["duration"].tolist() == [
        read_midi(folder / f"{number}.midi").duration for number in range(3)
    ]
    write_index(
        dataset.model_copy(update={"source": "midi", "path": str(folder)}),
        1,
        tmp_path / "performances.csv",
    )
