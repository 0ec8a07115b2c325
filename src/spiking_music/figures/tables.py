"""Read the tables that figures are drawn from, and say plainly what is missing in them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from spiking_music.errors import DataError


def read(path: Path | str, filled: Sequence[str], present: Sequence[str] = ()) -> pd.DataFrame:
    """The CSV file at `path`, with at least one value in each of the columns `filled`.

    Raises `DataError` where the file is absent or has no row, a column of `filled` or `present` is
    missing, or one of `filled` holds no value.
    """
    try:
        # what is called None or NA has that name; writers leave what is not there empty
        table = pd.read_csv(path, keep_default_na=False, na_values=["", "nan", "NaN"])
    except FileNotFoundError:
        raise DataError(f"no table '{path}' to draw from: run the rule that writes it") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeError):
        raise DataError(f"'{path}' is not a table: delete it and run its rule again") from None
    if table.empty:
        raise DataError(f"table '{path}' has no rows: nothing to draw")
    for column in (*filled, *present):
        if column not in table:
            raise DataError(f"table '{path}' has no column '{column}': run the rule that writes it")
    for column in filled:
        if table[column].isna().all():
            raise DataError(f"column '{column}' of table '{path}' holds no value: nothing to draw")
    return table
