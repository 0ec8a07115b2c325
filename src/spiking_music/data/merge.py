"""Several data sets as one: a folder of links to them, and one table of all their rows."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from spiking_music import files
from spiking_music.data.index import COLUMNS, MIDI, UNNEEDED, check
from spiking_music.data.layout import Layout
from spiking_music.errors import DataError

NAMES = (MIDI, "audio_filename")


def merge(folders: Sequence[Path], out: Path) -> None:
    """Make the folder `out` of links to `folders`, and a table metadata.csv of all their rows.

    Files are named <folder>/<file> there; splits stay what they are; columns beyond MAESTRO's are
    left out. No recording is copied: the folders must stay where they are. Raises `DataError` for
    folders of one name, and as `check` does for their tables.
    """
    names = [folder.resolve().name for folder in folders]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(f"two folders are called '{twice[0]}': rename one")
    parts = [_table(folder, name) for folder, name in zip(folders, names, strict=True)]
    with files.folder(out, "merge", folders) as temporary:
        for folder, name in zip(folders, names, strict=True):
            (temporary / name).symlink_to(folder.resolve(), target_is_directory=True)
        pd.concat(parts).to_csv(temporary / "metadata.csv", index=False)
    files.wrote(out)


def _table(folder: Path, name: str) -> pd.DataFrame:
    """The rows of `folder`, whose files are called `name`/… in them."""
    if not folder.is_dir():
        raise DataError(f"'{folder}' is no folder: unpack it, or correct the path")
    layout = Layout(folder)
    table = check(layout.read_table(), f"{folder}/{layout.table}", COLUMNS, [MIDI, *UNNEEDED])
    for column in NAMES:
        table[column] = table[column].map(lambda cell: f"{name}/{cell}" if cell else "")
    return table
