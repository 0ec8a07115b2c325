"""The table: reading any MAESTRO-like one, refusing wrong ones, subsets and shards."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.config import DatasetConfig, SubsetConfig
from spiking_music.data.index import (
    COLUMNS,
    DEALT,
    check,
    instead,
    read_performances,
    select,
    write_index,
)
from spiking_music.errors import ConfigError, DataError, SpikingMusicError
from tests.conftest import DATA

ALL = SubsetConfig(
    splits=("train", "validation", "test"),
    years=(),
    composers=(),
    max_performances=None,
    max_hours=None,
)


def table(train: int = 6, validation: int = 2, test: int = 2) -> pd.DataFrame:
    splits = ["train"] * train + ["validation"] * validation + ["test"] * test
    rows = [
        ("Clara Schumann", f"Piece {i}", split, 2004 + i % 3, f"{i}.mid", f"{i}.wav", 60.0 + i)
        for i, split in enumerate(splits)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def config(dataset: DatasetConfig, **changes: object) -> DatasetConfig:
    return dataset.model_copy(update={"subset": ALL, **changes})


def made(dataset: DatasetConfig, out: Path, seed: int = 1) -> pd.DataFrame:
    write_index(dataset, seed, out / "performances.csv")
    return read_performances(out / "performances.csv")


def test_demo(dataset: DatasetConfig, tmp_path: Path) -> None:
    performances = made(config(dataset), tmp_path)
    assert list(performances.columns) == DEALT
    assert set(performances["split"]) == {"train", "validation", "test"}
    assert performances["duration"].sum() >= 60
    first = (tmp_path / "performances.csv").read_bytes()
    made(config(dataset), tmp_path)
    assert (tmp_path / "performances.csv").read_bytes() == first


@pytest.mark.parametrize("name", ["metadata.csv", "maestro-v3.0.0.csv", "mine.csv"])
def test_folder_tables_and_extra_columns(dataset: DatasetConfig, tmp_path: Path, name: str) -> None:
    if name != "mine.csv":
        (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    wide = table().assign(peak=0.5)[["peak", *reversed(COLUMNS)]]
    wide["canonical_title"] = 'Op. 1, "NA" – é'
    wide.to_csv(tmp_path / name, index=False, encoding="utf-8-sig")
    performances = made(config(dataset, source="folder", path=str(tmp_path)), tmp_path / "out")
    assert list(performances.columns) == DEALT
    assert (performances["canonical_title"] == 'Op. 1, "NA" – é').all()


def test_shards_are_dealt_round_robin_within_a_split(
    dataset: DatasetConfig, tmp_path: Path
) -> None:
    table(7, 2, 1).sample(frac=1, random_state=0).to_csv(tmp_path / "metadata.csv")
    dealt = made(config(dataset, source="folder", path=str(tmp_path), shards=3), tmp_path / "out")
    assert list(dealt["performance"]) == list(range(10))
    by_split = {split: list(rows["shard"]) for split, rows in dealt.groupby("split")}
    assert by_split == {"train": [0, 1, 2, 0, 1, 2, 0], "validation": [0, 1], "test": [0]}


def bad(column: str, value: object, row: int = 3) -> pd.DataFrame:
    wrong = table().astype(object)
    wrong.loc[row, column] = value
    return wrong


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (table().rename(columns={"split": "spilt"}), "no column 'split' .did you mean 'spilt'"),
        (table().drop(columns="audio_filename"), "no column 'audio_filename'"),
        (table().iloc[:0], "has no row"),
        (bad("split", "dev"), "row 5: split 'dev' is no split: use train, validation, test"),
        (bad("canonical_composer", None), "row 5: canonical_composer '' is empty"),
        (bad("duration", "inf"), "row 5: duration 'inf' is no number"),
        (bad("duration", -1), "row 5: duration '-1.0' must be positive"),
        (bad("duration", "1:30"), "row 5: duration '1:30' is no number"),
        (bad("year", "2004.5"), "row 5: year '2004.5' is no whole number"),
        (bad("year", "1e300"), "row 5: year '1e300' is no whole number"),
        (bad("year", "?"), r"row 5: year '\?' is no whole number"),
        (bad("audio_filename", "0.wav"), "row 5: audio_filename '0.wav' stands twice"),
        (bad("midi_filename", "0.mid"), "row 5: midi_filename '0.mid' stands twice"),
        (bad("audio_filename", "../../etc/x.wav"), "outside of the data set"),
        (bad("midi_filename", "/etc/x.mid"), "outside of the data set"),
        (bad("midi_filename", "C:\\x.mid"), "outside of the data set"),
    ],
)
def test_wrong_tables(
    dataset: DatasetConfig, tmp_path: Path, wrong: pd.DataFrame, message: str
) -> None:
    wrong.to_csv(tmp_path / "metadata.csv", index=False)
    with pytest.raises(DataError, match=message) as caught:
        made(config(dataset, source="folder", path=str(tmp_path)), tmp_path / "out")
    assert "metadata.csv" in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00bad", b'a,b\n"open,1\n', b"\x00\x01\x02"])
def test_tables_that_are_no_csv(data: bytes) -> None:
    with pytest.raises(DataError, match=r"'t\.csv'"):
        check(data, "t.csv", COLUMNS)


def test_paths_that_hold_no_table(dataset: DatasetConfig, tmp_path: Path) -> None:
    def message(path: Path, source: str = "folder") -> str:
        with pytest.raises(DataError) as caught:
            made(config(dataset, source=source, path=str(path)), tmp_path)
        return str(caught.value)

    assert "gone' does not exist" in message(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    assert "holds no table" in message(tmp_path / "empty")
    for name in ("a.csv", "b.csv"):
        (tmp_path / "empty" / name).write_text("x\n")
    assert "several tables (a.csv, b.csv)" in message(tmp_path / "empty")
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 and no more")
    assert "neither a folder nor a readable zip" in message(tmp_path / "no.zip", "midi")
    assert "is no folder: unpack it" in message(tmp_path / "no.zip")


def test_zip_with_members_that_lead_outside(dataset: DatasetConfig, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("metadata.csv", table().to_csv(index=False))
        archive.writestr("../../evil.mid", b"MThd")
    with pytest.raises(DataError, match=r"slip\.zip' names the file '\.\./\.\./evil\.mid'"):
        made(config(dataset, source="midi", path=str(tmp_path / "slip.zip")), tmp_path)


def test_read_performances_refuses_what_it_did_not_write(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist: make it with 'spiking-music data index'"):
        read_performances(tmp_path / "performances.csv")
    table().to_csv(tmp_path / "performances.csv", index=False)
    with pytest.raises(DataError, match="no column 'performance'"):
        read_performances(tmp_path / "performances.csv")


def test_subset_filters() -> None:
    chosen = select(table(), ALL.model_copy(update={"years": (2005,), "splits": ("train",)}), 1)
    assert set(chosen["year"]) == {2005} and set(chosen["split"]) == {"train"}
    assert list(chosen.index) == list(range(len(chosen)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"composers": ("clara schuman",)}, "composers: .*did you mean 'Clara Schumann'"),
        ({"composers": ("Schumann",)}, "did you mean 'Clara Schumann'"),
        ({"years": (2003,)}, "years: the table has no year '2003'"),
        ({"max_hours": 0.001}, r"max_hours 0\.001 is less than the shortest performance"),
    ],
)
def test_subsets_that_cannot_be(change: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        select(table(), ALL.model_copy(update=change), 1)


def test_empty_selection() -> None:
    with pytest.raises(ConfigError, match="selects no performance"):
        select(table(3, 0, 0), ALL.model_copy(update={"splits": ("test",)}), 1)


@given(
    st.integers(1, 60), st.integers(1, 12), st.integers(1, 12), st.integers(1, 90), st.integers()
)
@settings(deadline=None)
def test_draw_keeps_proportions(train: int, val: int, test: int, limit: int, seed: int) -> None:
    whole = table(train, val, test)
    chosen = select(whole, ALL.model_copy(update={"max_performances": limit}), abs(seed))
    assert len(chosen) == min(limit, len(whole))
    counts = chosen["split"].value_counts().to_dict()
    for split, size in (("train", train), ("validation", val), ("test", test)):
        got = counts.get(split, 0)
        assert got >= (limit >= 3)
        assert abs(got - len(chosen) * size / len(whole)) <= 3


def test_draw_by_hours() -> None:
    for hours in (0.06, 0.1, 0.15):
        chosen = select(table(), ALL.model_copy(update={"max_hours": hours}), 4)
        assert 3600 * hours - 70 < chosen["duration"].sum() <= 3600 * hours
        assert set(chosen["split"]) == {"train", "validation", "test"}
    long = table()
    long.loc[long.index[:-1], "duration"] = 9999.0  # just the last one fits
    assert len(select(long, ALL.model_copy(update={"max_hours": 0.1}), 4)) == 1


def test_draw_depends_on_the_seed_alone() -> None:
    few = ALL.model_copy(update={"max_performances": 5})
    draws = [tuple(select(table(40, 9, 9), few, seed)["audio_filename"]) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_suggestions() -> None:
    known = ["Frédéric Chopin", "Johann Sebastian Bach"]
    assert instead("Chopin", known) == " (did you mean 'Frédéric Chopin'?)"
    assert instead("Xyz", known) == ""


def test_maestro_midi(maestro_midi: Path, dataset: DatasetConfig, tmp_path: Path) -> None:
    midi = config(dataset, source="midi", path=str(maestro_midi), shards=8)
    performances = made(midi, tmp_path)
    assert dict(performances["split"].value_counts()) == {
        "train": 320,
        "test": 177,
        "validation": 137,
    }
    assert performances["audio_filename"].str.endswith(".flac").all()
    assert performances.groupby("split")["shard"].nunique().eq(8).all()


def test_all_of_maestro(dataset: DatasetConfig, tmp_path: Path) -> None:
    official = DATA / "maestro-v3.0.0.csv"
    if not official.exists():
        pytest.skip("maestro-v3.0.0.csv is not at hand: set SPIKING_MUSIC_DATA")
    (tmp_path / "maestro-v3.0.0.csv").write_bytes(official.read_bytes())
    few = ALL.model_copy(update={"max_performances": 128})
    chosen = made(
        config(dataset, source="folder", path=str(tmp_path), subset=few), tmp_path / "out"
    )
    assert chosen["split"].value_counts()["train"] in range(94, 100)  # 75.4 %
    with pytest.raises(SpikingMusicError, match="did you mean 'Johann Sebastian Bach'"):
        wrong = ALL.model_copy(update={"composers": ("J. S. Bach",)})
        made(config(dataset, source="folder", path=str(tmp_path), subset=wrong), tmp_path / "out")


def test_without_notes_no_midi_is_named(dataset: DatasetConfig, tmp_path: Path) -> None:
    """Neither a column for MIDI files nor the files in it count; recordings still may not recur."""
    folder = tmp_path / "data"
    folder.mkdir()
    silent = config(dataset, source="folder", path=str(folder), notes="none")
    for rows in (table(), table().drop(columns="midi_filename")):
        rows.to_csv(folder / "metadata.csv", index=False)
        assert (made(silent, tmp_path)["midi_filename"] == "").all()
    twice = table().assign(audio_filename="a.wav", midi_filename="")
    twice.to_csv(folder / "metadata.csv", index=False)
    with pytest.raises(DataError, match=r"row 3: audio_filename 'a\.wav' stands twice"):
        made(silent, tmp_path)


def test_labels_are_kept(dataset: DatasetConfig, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    table().assign(genre="NA", mood="").to_csv(folder / "metadata.csv", index=False)
    own = config(dataset, source="folder", path=str(folder), labels=("genre",))
    made(own, tmp_path)
    kept = pd.read_csv(tmp_path / "performances.csv", keep_default_na=False)
    assert list(kept.columns) == [*DEALT, "genre"] and set(kept["genre"]) == {"NA"}
    with pytest.raises(DataError, match="row 2: mood '' is empty"):
        made(own.model_copy(update={"labels": ("mood",)}), tmp_path)
    with pytest.raises(DataError, match=r"has no column 'mod' .did you mean 'mood'"):
        made(own.model_copy(update={"labels": ("mod",)}), tmp_path)
