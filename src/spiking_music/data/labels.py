"""What is known of performances beside their sound: columns of the table, and periods of music.

composers.csv has the years of birth of the composers in MAESTRO, as encyclopaedias give them. A
piece "A / B", by A in B's arrangement, has no period.
"""

import csv
from importlib.resources import files
from pathlib import Path

import pandas as pd

from spiking_music.data.index import DEALT, MIDI, UNNEEDED, check
from spiking_music.errors import DataError

PERIOD = "period"
PERIODS = {  # of composers born before; *ours*, as any such line is
    "renaissance": 1600,
    "baroque": 1710,
    "classical": 1780,
    "romantic": 1860,
    "modern": 9999,
}


def read_labels(performances: Path, name: str) -> pd.Series:
    """Text by performance, nan where there is none: column `name` of the catalogue, or `period`.

    Raises `DataError` where the catalogue is missing or malformed, or has no such column.
    """
    if not performances.is_file():
        raise DataError(f"'{performances}' does not exist: make it with 'spiking-music data index'")
    column = "canonical_composer" if name == PERIOD else name
    data = performances.read_bytes()
    present = pd.read_csv(performances, nrows=0).columns
    if column not in present:
        raise DataError(
            f"'{performances}' has no column '{column}' to probe for: name it in dataset.labels, "
            f"or another one in probe.labels; there are {', '.join(present)}"
        )
    columns = list(dict.fromkeys([*DEALT, column]))
    table = check(data, str(performances), columns, [MIDI, *UNNEEDED])
    given = table.set_index("performance")[column]
    cells = given.astype(str).where(given.notna())
    return cells.map(periods()) if name == PERIOD else cells


def periods() -> dict[str, str]:
    """The period of each composer that is known."""
    with files(__package__).joinpath("composers.csv").open(encoding="utf-8") as file:
        born = {row["composer"]: int(row["born"]) for row in csv.DictReader(file)}
    return {
        composer: next(period for period, before in PERIODS.items() if year < before)
        for composer, year in born.items()
    }
