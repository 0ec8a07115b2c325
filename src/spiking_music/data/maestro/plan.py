"""What an experiment needs of the archive, in bytes, before anything of it is fetched."""

import sys

import pandas as pd
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from spiking_music import files
from spiking_music.config import DatasetConfig, DownloadConfig
from spiking_music.data.index import SPLITS, choose
from spiking_music.data.maestro import whole
from spiking_music.data.maestro.http import Client
from spiking_music.data.maestro.store import Store, opened, survey
from spiking_music.errors import ConfigError

WIDTH = 120  # columns, also where the output is no terminal


def fetch(dataset: DatasetConfig, download: DownloadConfig, seed: int, dry_run: bool) -> None:
    """Print the plan of the configured subset, and fetch it unless `dry_run`.

    A dry run fetches no member: only the table, if it is not there, and the archive's directory.
    Raises `ConfigError` for a source that is not fetched, and as `Store.fetch` does.
    """
    if not dataset.fetched:
        raise ConfigError(
            f"dataset.source '{dataset.source}' has nothing to fetch: use 'maestro' or 'fma'"
        )
    client = Client(download, seed)
    performances = choose(dataset, seed, download)
    if dry_run and download.whole and dataset.path is None:
        missing = whole.missing(client, download)
        print(f"{missing} bytes ({decimal(missing)}) of {download.archive} are missing")
        return
    store = opened(survey(dataset, download, client), download, seed)
    Console(width=WIDTH).print(_table(plan(performances, store)))
    if not dry_run:
        names = _names(performances)
        failed = store.fetch(names, skip=dataset.bad_recordings == "skip")
        for name, error in failed.items():
            print(f"skipped {name}: {error}", file=sys.stderr)
        files.wrote(store.root)


def plan(performances: pd.DataFrame, store: Store) -> pd.DataFrame:
    """A row a split, and `all`: performances, members, bytes (in the archive), there, missing.

    `there` is what an earlier run has brought, judged by size alone; missing = bytes - there.
    """
    present = [split for split in SPLITS if (performances["split"] == split).any()]
    rows = [_row(split, performances[performances["split"] == split], store) for split in present]
    return pd.DataFrame([*rows, _row("all", performances, store)])


def _names(performances: pd.DataFrame) -> list[str]:
    """Of all files; without notes, only recordings have a name."""
    return [
        name for name in (*performances["audio_filename"], *performances["midi_filename"]) if name
    ]


def _row(split: str, chosen: pd.DataFrame, store: Store) -> dict[str, str | int]:
    names = _names(chosen)
    size, missing = store.size(names), sum(store.missing(names).values())
    return {
        "split": split,
        "performances": len(chosen),
        "members": len(names),
        "bytes": size,
        "there": size - missing,
        "missing": missing,
    }


def _table(plan: pd.DataFrame) -> Table:
    table = Table(*plan.columns)
    for row in plan.itertuples(index=False):
        split, performances, members, *sizes = row
        told = (f"{size} ({decimal(size)})" for size in sizes)
        table.add_row(split, str(performances), str(members), *told)
    return table
