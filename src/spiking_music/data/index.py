"""Metadata table → the performances of an experiment: checked, filtered, drawn, dealt to shards."""

import difflib
import io
from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath
from typing import get_args

import numpy as np
import pandas as pd

from spiking_music import files
from spiking_music.config import Config, DatasetConfig, DownloadConfig, Split, SubsetConfig
from spiking_music.data import demo, durations
from spiking_music.data.layout import Layout, check_name
from spiking_music.errors import ConfigError, DataError

COLUMNS = [
    "canonical_composer",
    "canonical_title",
    "split",
    "year",
    "midi_filename",
    "audio_filename",
    "duration",
]
DEALT = [*COLUMNS, "performance", "shard"]
MIDI = "midi_filename"
UNNEEDED = ["year", "duration"]  # may be absent, or empty in any row
LOCAL = ("folder", "midi")  # sources whose table and files are one's own
MAKERS = ("demo", "midi")  # sources whose recordings are made from notes
SPLITS = get_args(Split)


def write_index(
    dataset: DatasetConfig, seed: int, out: Path, download: DownloadConfig | None = None
) -> None:
    """Write `out`: MAESTRO's columns, performance (0..), shard (0..dataset.shards-1), labels.

    Without notes, `midi_filename` is empty. `dataset.labels` names columns that are kept besides.

    Performances are dealt round robin within each split; where a split has fewer performances than
    there are shards, the last shards stay empty. In a folder of one's own, durations are held to
    the recordings. Raises `DataError` for a table that cannot be used, `ConfigError` for a subset
    that selects what the table does not have, `DownloadError` where it cannot be fetched.
    """
    files.write_csv(choose(dataset, seed, download, measure=dataset.source in LOCAL), out)


def choose(
    dataset: DatasetConfig, seed: int, download: DownloadConfig | None, measure: bool = False
) -> pd.DataFrame:
    """The table that `data index` writes; some sources have to `download` their own.

    Without `measure`, recordings are opened only where the draw by hours needs their durations.
    """
    whole, name = _table(dataset, seed, download)
    if dataset.source in LOCAL and dataset.subset.max_hours is not None:
        whole = durations.filled(whole, dataset)
    table = _selected(whole, dataset.subset, seed)
    if measure:
        table = durations.compared(table, dataset, name)
    if dataset.notes == "none" and dataset.source not in MAKERS:
        table["midi_filename"] = ""
    table["performance"] = np.arange(len(table))
    table["shard"] = table.groupby("split").cumcount() % dataset.shards
    return table[[*DEALT, *dataset.labels]].reset_index(drop=True)


def check_table(config: Config) -> None:
    """Errors of one's own table before anything runs; no recording is opened.

    Raises as `data index`. Where the data are gone and their index is there, nothing needs them.
    """
    dataset = config.dataset
    made = Path(config.results, dataset.name, "performances.csv")
    if dataset.source not in LOCAL or (made.exists() and not Path(str(dataset.path)).exists()):
        return
    table, _ = _table(dataset, config.seed, None)
    hours = dataset.subset.max_hours if table["duration"].notna().all() else None
    _selected(table, dataset.subset.model_copy(update={"max_hours": hours}), config.seed)


def read_performances(path: Path) -> pd.DataFrame:
    """The table that `data index` wrote, typed; `DataError` where it is missing or malformed."""
    if not path.is_file():
        raise DataError(f"'{path}' does not exist: make it with 'spiking-music data index'")
    return check(path.read_bytes(), str(path), DEALT, optional=[MIDI, *UNNEEDED])


def check(
    data: bytes, name: str, columns: list[str], optional: Collection[str] = ()
) -> pd.DataFrame:
    """Parse the csv `data` (called `name`) and keep `columns`; other columns are left out.

    Those that are `optional` may have empty cells, or be absent: then all cells are empty. `year`
    is a whole number and `duration` in seconds; an empty cell of them is a missing value.

    Raises `DataError`, naming column and row, for missing columns, empty cells, unknown splits,
    values that are no number, names that leave the data set, files named twice, or no row at all.
    """
    try:
        # cells stay text, lest a title "NA" or a file "007" change
        table = pd.read_csv(
            io.BytesIO(data), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except (ValueError, pd.errors.ParserError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(f"'{name}' is not a table in UTF-8 csv ({reason}): repair it") from None
    for column in columns:
        if column not in table.columns and column in optional:
            table[column] = ""
        if column not in table.columns:
            raise DataError(
                f"'{name}' has no column '{column}'{instead(column, table.columns)}: "
                f"it needs {', '.join(columns)}"
            )
    if table.empty:
        raise DataError(f"'{name}' has no row: list at least one performance")
    table = table[columns].apply(lambda cells: cells.str.strip())
    for column in [column for column in columns if column not in optional]:
        _refuse(name, table[column], _empty(table[column]), "is empty: fill it in")
    known = f"use {', '.join(SPLITS)}"
    _refuse(name, table["split"], ~table["split"].isin(SPLITS), f"is no split: {known}")
    for column in ("audio_filename", "midi_filename"):
        named = table[column][table[column] != ""]
        named.map(lambda cell: check_name(cell, name))
        _refuse(name, named, named.duplicated(), "stands twice: remove one row")
    for column in sorted({"year", "performance", "shard"} & set(columns)):
        table[column] = _numbers(name, table[column], whole=True)
    table["duration"] = _numbers(name, table["duration"], whole=False)
    _refuse(name, table["duration"], table["duration"] <= 0, "must be positive seconds: correct it")
    return table


def select(table: pd.DataFrame, subset: SubsetConfig, seed: int) -> pd.DataFrame:
    """Rows of `table` that `subset` asks for, in the order of the table.

    `max_performances` and `max_hours` draw at random from `seed`: splits keep their proportions,
    and each keeps a performance where the limits allow.
    """
    return _selected(table, subset, seed).reset_index(drop=True)


def _selected(table: pd.DataFrame, subset: SubsetConfig, seed: int) -> pd.DataFrame:
    """As `select`, with the index that `table` has."""
    for column, wanted in (
        ("split", subset.splits),
        ("year", subset.years),
        ("canonical_composer", subset.composers),
    ):
        if not wanted:
            continue
        present = set(table[column])
        for value in wanted:
            # a split may be absent from a small table, a misspelt composer may not
            if value not in present and column != "split":
                key = {"year": "years", "canonical_composer": "composers"}[column]
                raise ConfigError(
                    f"dataset.subset.{key}: the table has no {column} '{value}'"
                    f"{instead(str(value), map(str, present))}"
                )
        table = table[table[column].isin(wanted)]
    if table.empty:
        raise ConfigError("dataset.subset selects no performance: widen splits, years or composers")
    return table.loc[sorted(_draw(table, subset, seed))]


def instead(value: str, known: Iterable[str]) -> str:
    """`; did you mean '…'?` where something like `value` is known, else nothing."""
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(value.casefold(), folded, n=1, cutoff=0.5)
    words = {word: name for key, name in folded.items() for word in key.split()}
    close = close or difflib.get_close_matches(value.casefold(), words, n=1, cutoff=0.75)
    return f" (did you mean '{(folded | words)[close[0]]}'?)" if close else ""


def _table(
    dataset: DatasetConfig, seed: int, download: DownloadConfig | None
) -> tuple[pd.DataFrame, str]:
    """The whole table, and what messages call it."""
    columns = [*COLUMNS, *dataset.labels]
    optional = [MIDI] if dataset.notes == "none" and dataset.source != "midi" else []
    if dataset.source == "demo":
        return demo.table(dataset.demo, seed), ""
    if download is not None and (dataset.source == "fma" or dataset.path is None):
        data = _downloaded(dataset, seed, download)
        return check(data, download.table, columns, optional), download.table
    path = Path(str(dataset.path))
    if dataset.source == "folder" and path.exists() and not path.is_dir():
        raise DataError(
            f"dataset.path '{path}' is no folder: unpack it, or set dataset.source: midi"
        )
    if dataset.source == "maestro" and path.is_dir():
        raise DataError(f"dataset.path '{path}' is a folder: set dataset.source: folder")
    layout = Layout(path)
    name = f"{path}/{layout.table}"
    optional += UNNEEDED if dataset.source in LOCAL else []
    table = check(layout.read_table(), name, columns, optional)
    if dataset.source == "midi":  # what the table calls .wav is rendered to .flac
        audio = table["audio_filename"].map(lambda n: str(PurePosixPath(n).with_suffix(".flac")))
        _refuse(f"{path}", audio, audio.duplicated(), "stands twice: remove one row")
        table["audio_filename"] = audio
    return table, name


def _downloaded(dataset: DatasetConfig, seed: int, download: DownloadConfig) -> bytes:
    """The csv that a server has, or the copy that was kept of it."""
    from spiking_music.data.maestro import whole  # here, as it imports urllib3
    from spiking_music.data.maestro.http import Client

    client = Client(download, seed)
    if dataset.source == "maestro":
        return whole.table(client, download)
    from spiking_music.data.fma import tracks

    archive = whole.metadata(client, download)
    return tracks.table(archive, dataset.fma, seed).to_csv(index=False).encode()


def _draw(table: pd.DataFrame, subset: SubsetConfig, seed: int) -> list[int]:
    """Index labels of the performances that fit the limits.

    Every split is shuffled and its rows spread evenly over 0..1; merged, any beginning of the
    queue has the proportions of the whole. One row of each split goes first: a random one, or the
    shortest where one random row of each would exceed the hours.
    """
    rng = np.random.default_rng((seed, 3))
    budget = np.inf if subset.max_hours is None else 3600 * subset.max_hours
    seconds = table["duration"].fillna(0.0)  # they are known where there is a budget
    first: list[int] = []
    later: list[tuple[float, int]] = []
    for split in SPLITS:
        labels = rng.permutation(table.index[table["split"] == split].tolist())
        first += labels[:1].tolist()
        later += [((k + 0.5) / len(labels), int(label)) for k, label in enumerate(labels)]
    if seconds[first].sum() > budget:
        first = seconds.sort_values().groupby(table["split"], sort=False).head(1).index.tolist()
    order = dict.fromkeys(first + [label for _, label in sorted(later)])
    taken: list[int] = []
    for label in order:
        if len(taken) == subset.max_performances:
            break
        if seconds[label] <= budget:
            taken.append(label)
            budget -= seconds[label]
    if not taken:
        raise ConfigError(
            f"dataset.subset.max_hours {subset.max_hours} is less than the shortest performance "
            f"({seconds.min() / 3600:.4f} h): raise it"
        )
    return taken


def _refuse(name: str, cells: pd.Series, wrong: pd.Series | np.ndarray, why: str) -> None:
    """Raise `DataError` about the first cell where `wrong`; the header is row 1."""
    if wrong.any():
        row = int(np.argmax(np.asarray(wrong)))
        raise DataError(f"'{name}', row {row + 2}: {cells.name} '{cells.iloc[row]}' {why}")


def _numbers(name: str, cells: pd.Series, whole: bool) -> pd.Series:
    """Text to numbers; empty cells, which only optional columns have, are missing values."""
    numbers = pd.to_numeric(cells, errors="coerce").astype(float)
    wrong = ~np.isfinite(numbers)
    if whole:
        wrong = wrong | (numbers % 1 != 0) | (numbers.abs() > 2**53)
    given = ~_empty(cells)
    _refuse(name, cells, wrong & given, f"is no {'whole ' if whole else ''}number: correct it")
    if not whole:
        return numbers
    return numbers.astype(int) if given.all() else numbers.where(given).astype("Int64")


def _empty(cells: pd.Series) -> pd.Series:
    return cells.str.lower().isin(["", "nan"])
