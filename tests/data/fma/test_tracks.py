"""FMA's table as ours: its three header rows, its split and 70/30, and the clips left out."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from spiking_music.config import FmaConfig
from spiking_music.data.fma.tracks import corrupt_tracks, table
from spiking_music.data.index import COLUMNS
from spiking_music.errors import DataError
from tests.data.fma.shaped import CORRUPT, GENRES, METADATA, make_fma, tracks
from tests.data.fma.shaped import table as csv_text

FMAS = FmaConfig(split="published")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    make_fma(tmp_path, seconds=0.1)
    return tmp_path / METADATA


def test_published_split(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(archive, FMAS, seed=1)
    assert list(rows.columns) == [*COLUMNS, "genre"]
    assert rows["split"].value_counts().to_dict() == {"train": 12, "validation": 4, "test": 4}
    assert set(rows["genre"]) == set(GENRES)
    first = rows.iloc[0]
    assert (first["audio_filename"], first["midi_filename"]) == ("000/000140.mp3", "")
    assert (first["canonical_composer"], first["year"]) == ("NA", "2008")
    assert rows.iloc[1]["canonical_title"] == "untitled"
    assert set(rows["duration"].astype(float)) == {30.0}
    assert "left out 1 clips that are known to be corrupt" in capsys.readouterr().err
    assert f"{CORRUPT:06d}" not in "".join(rows["audio_filename"])


def test_the_corrupt_clips_of_fma_small() -> None:
    assert corrupt_tracks() == [98565, 98567, 98569, 99134, 108925, 133297]


def test_70_30_is_a_draw_of_each_genre(archive: Path) -> None:
    drawn = FmaConfig(split="70/30")
    rows = table(archive, drawn, seed=1)
    for genre in GENRES:
        counts = rows.loc[rows["genre"] == genre, "split"].value_counts()
        assert counts.to_dict() == {"train": 6, "validation": 1, "test": 3}
    pd.testing.assert_frame_equal(rows, table(archive, drawn, seed=1))
    assert (rows["split"] != table(archive, drawn, seed=2)["split"]).any()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv_text().replace("genre_top", "genres"), "has no column 'track/genre_top'"),
        (csv_text().replace(",small,", ",large,"), "lists no clip of FMA-small"),
        (csv_text().replace("\n150,", "\nxyz,"), "is no table of tracks"),
        ("", "has no column 'set/subset'"),
    ],
)
def test_another_table(tmp_path: Path, content: str, message: str) -> None:
    with zipfile.ZipFile(tmp_path / METADATA, "w") as archive:
        archive.writestr("fma_metadata/tracks.csv", content)
    with pytest.raises(DataError, match=message):
        table(tmp_path / METADATA, FMAS, seed=1)


def test_no_zip_and_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"none")
    with pytest.raises(DataError, match="no readable zip"):
        table(tmp_path / "a.zip", FMAS, seed=1)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("fma_metadata/genres.csv", "")
    with pytest.raises(DataError, match=r"holds 0 files 'tracks\.csv'"):
        table(tmp_path / "b.zip", FMAS, seed=1)
    assert len(tracks()) == 21
