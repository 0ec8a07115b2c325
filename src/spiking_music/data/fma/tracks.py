"""FMA's `tracks.csv` → a row a clip of FMA-small in MAESTRO's columns, with the genre besides.

Defferrard, Benzi, Vandergheynst & Bresson, "FMA: A Dataset for Music Analysis", ISMIR 2017. The
table has two rows of headings and a third that names the index.
"""

import csv
import io
import sys
import zipfile
import zlib
from importlib.resources import files
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from spiking_music.config import FmaConfig
from spiking_music.errors import DataError

NAME, SUBSET = "tracks.csv", "small"
SECONDS = 30.0  # of a clip; the track that it was cut from is longer
CHUNK = 20_000  # rows at a time: the table has 106 574, of all of FMA
WANTED = {  # column of ours: its two headings
    "subset": ("set", "subset"),
    "published": ("set", "split"),
    "canonical_composer": ("artist", "name"),
    "canonical_title": ("track", "title"),
    "created": ("track", "date_created"),
    "seconds": ("track", "duration"),
    "genre": ("track", "genre_top"),
}
PUBLISHED = {"training": "train", "validation": "validation", "test": "test"}
TEST_SHARE, VALIDATION_SHARE = 0.3, 0.07  # of 70/30; what watches training is of the 70


def table(archive: Path, config: FmaConfig, seed: int) -> pd.DataFrame:
    """MAESTRO's columns and `genre`, text, for FMA-small; `archive` is fma_metadata.zip.

    The artist stands as composer, and as `year` the one in which the track came to the archive.
    Split `published` is FMA's own, in which no artist is in two splits; `70/30` draws tracks, each
    genre by itself, so that artists recur: 30 % test, and of the rest every tenth watches training.
    Clips known to be corrupt (corrupt.csv) are left out, and counted on stderr. Raises `DataError`
    where the archive or its table cannot be used.
    """
    tracks = _read(archive)
    corrupt = tracks.index.isin(corrupt_tracks())
    if corrupt.any():
        print(f"left out {corrupt.sum()} clips that are known to be corrupt", file=sys.stderr)
    tracks = tracks[~corrupt]
    if tracks.empty:
        raise DataError(f"'{archive}' lists no clip of FMA-small: fetch it again")
    numbers = [f"{number:06d}" for number in tracks.index]
    if config.split == "published":
        split = tracks["published"].map(PUBLISHED).fillna(tracks["published"])
    else:
        split = _drawn(tracks["genre"], seed)
    seconds = pd.to_numeric(tracks["seconds"], errors="coerce").clip(upper=SECONDS)
    return pd.DataFrame(
        {
            "canonical_composer": _filled(tracks["canonical_composer"], "unknown artist"),
            "canonical_title": _filled(tracks["canonical_title"], "untitled"),
            "split": split,
            "year": tracks["created"].str[:4],
            "midi_filename": "",
            "audio_filename": [f"{number[:3]}/{number}.mp3" for number in numbers],
            "duration": seconds.astype(str),
            "genre": tracks["genre"],
        }
    )


def corrupt_tracks() -> list[int]:
    """Ids of the clips of FMA-small that hold no, or hardly any, audio."""
    with files(__package__).joinpath("corrupt.csv").open(encoding="utf-8") as file:
        return [int(row["track_id"]) for row in csv.DictReader(file)]


def _read(archive: Path) -> pd.DataFrame:
    """The rows of FMA-small by their ids, in the columns `WANTED`, text."""
    try:
        with zipfile.ZipFile(archive) as whole:
            names = [name for name in whole.namelist() if PurePosixPath(name).name == NAME]
            if len(names) != 1:
                raise DataError(f"'{archive}' holds {len(names)} files '{NAME}' instead of one")
            with whole.open(names[0]) as member:
                return _small(
                    io.TextIOWrapper(member, "utf-8", newline=""), f"{archive}/{names[0]}"
                )
    except (zipfile.BadZipFile, zlib.error, OSError, UnicodeError) as error:
        raise DataError(f"'{archive}' is no readable zip ({error}): fetch it again") from None


def _small(file: io.TextIOWrapper, name: str) -> pd.DataFrame:
    headings = list(zip(*(next(csv.reader([file.readline()]), []) for _ in range(2)), strict=False))
    places = {}
    for column, heading in WANTED.items():
        if heading not in headings:
            raise DataError(f"'{name}' has no column '{'/'.join(heading)}': fetch it again")
        places[headings.index(heading)] = column
    file.readline()  # names the index
    try:
        chunks = pd.read_csv(
            file,
            header=None,
            index_col=0,
            usecols=[0, *places],
            dtype={0: int} | dict.fromkeys(places, str),
            keep_default_na=False,
            chunksize=CHUNK,
        )
        rows = pd.concat(part.rename(columns=places).query("subset == @SUBSET") for part in chunks)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"'{name}' is no table of tracks ({error}): fetch it again") from None
    return rows.sort_index()


def _filled(cells: pd.Series, instead: str) -> pd.Series:
    return cells.where(cells.str.strip() != "", instead)


def _drawn(genre: pd.Series, seed: int) -> pd.Series:
    """A split for every row: the same shares of each genre."""
    split = pd.Series("train", genre.index)
    rng = np.random.default_rng((seed, 4))
    for _, rows in genre.groupby(genre):
        order = rng.permutation(rows.index.to_numpy())
        test, validation = (round(len(order) * share) for share in (TEST_SHARE, VALIDATION_SHARE))
        split[order[:test]] = "test"
        split[order[test : test + max(1, validation)]] = "validation"
    return split
