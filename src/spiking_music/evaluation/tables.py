"""Tables and arrays that rooms hand to each other, read with plain errors, and Markdown."""

import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music.errors import DataError
from spiking_music.files import atomic, wrote
from spiking_music.reasons import sentence


def read(path: Path | str, filled: Sequence[str], present: Sequence[str] = ()) -> pd.DataFrame:
    """The CSV file at `path`, with at least one value in each of the columns `filled`.

    Raises `DataError` where the file cannot be read or has no row, a column of `filled` or
    `present` is missing, or one of `filled` holds no value.
    """
    try:
        # what is called None or NA has that name; writers leave what is not there empty
        table = pd.read_csv(path, keep_default_na=False, na_values=["", "nan", "NaN"])
    except FileNotFoundError:
        raise DataError(f"no table '{path}': run the rule that writes it") from None
    except (OSError, ValueError) as error:  # of pandas: nothing in it, no table, no text
        reason = " ".join(str(error).split())
        raise DataError(
            f"'{path}' is not a table ({reason}): delete it and run its rule again"
        ) from None
    if table.empty:
        raise DataError(f"table '{path}' has no rows: run the rule that writes it again")
    for column in (*filled, *present):
        if column not in table:
            raise DataError(f"table '{path}' has no column '{column}': run the rule that writes it")
    for column in filled:
        if table[column].isna().all():
            raise DataError(f"column '{column}' of table '{path}' holds no value: nothing to show")
    return table


def best_notes(path: Path, units: int) -> NDArray[np.int64]:
    """The note (MIDI number) that each of `units` units is most tuned to, (N,); −1 for none.

    path: table of `evaluate selectivity`. Raises `DataError` where it is none, or of other units.
    """
    notes = pd.to_numeric(of_units(path, units, ["best_note"])["best_note"], errors="coerce")
    return notes.fillna(-1).to_numpy().astype(np.int64)


def of_units(path: Path, units: int, filled: Sequence[str]) -> pd.DataFrame:
    """The table at `path`, which has a row for each of `units` units, in their order.

    Raises `DataError` as `read` does, and where it is of other units.
    """
    table = read(path, ["unit", *filled])
    if len(table) != units or list(table["unit"]) != list(range(units)):
        raise DataError(
            f"table '{path}' is of {len(table)} units, and the model has {units}: name the table "
            "of this model"
        )
    return table


def arrays(path: Path, names: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """The arrays of the .npz file at `path` by name.

    Raises `DataError` where the file is missing or damaged, or lacks one of `names`.
    """
    try:
        with np.load(path) as file:
            found = dict(file)
    except FileNotFoundError:
        raise DataError(f"no arrays '{path}': run the rule that writes them") from None
    except OSError as error:
        raise DataError(sentence("read", path, error)) from None
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error):
        raise DataError(f"'{path}' is damaged: delete it and run its rule again") from None
    for name in names:
        if name not in found:
            raise DataError(f"'{path}' has no array '{name}': delete it and run its rule again")
    return found


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """A Markdown table of cells; the first `words` columns to the left, the others to the right."""
    lines = [headings, [":--" if i < words else "--:" for i in range(len(headings))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def with_interval(value: float, low: float, high: float, digits: int = 2, sign: str = "") -> str:
    """A number and its interval, "8.65 [8.21, 9.02]"; "–" for nan, and no interval of nan."""
    if pd.isna(value):
        return "–"
    shown = f"{value:{sign}.{digits}f}"
    if pd.isna(low):
        return shown
    return f"{shown} [{low:{sign}.{digits}f}, {high:{sign}.{digits}f}]"


def write_text(text: str, out: Path) -> None:
    """Write `out`, whole or not at all."""
    with atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    wrote(out)


def clips(quality: Path, rates: Path, measures: Sequence[str], rate: str = "kbps") -> pd.DataFrame:
    """A row a clip: the table of `evaluate`, and the column `rate` of the table `rates` beside it.

    Raises `DataError` as `read` does, and where the two have other numbers of clips.
    """
    measured, spent = read(quality, measures), read(rates, [rate])
    if len(measured) != len(spent):
        raise DataError(
            f"'{quality}' has {len(measured)} clips but '{rates}' {len(spent)}: "
            "run the rules that write them again"
        )
    return measured.assign(**{rate: spent[rate]})
