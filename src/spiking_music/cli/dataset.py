"""Verbs of the dataset room: recordings → clips and onsets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Configs, Out, Performances, Root, Shard
from spiking_music.cli.targets import Reads, Writes, WritesFolder
from spiking_music.errors import ConfigError


def catalogue(config: Configs, out: Annotated[Out, Writes((".csv",))]) -> None:
    """Choose performances and deal them to shards."""
    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)

    from spiking_music.dataset.catalogue import catalogue

    catalogue(dataset, configuration.seed(raw), out, _download(raw, dataset))


def archive(config: Configs, out: Annotated[Out, Writes((".json",))]) -> None:
    """Read the directory of the archive for all shards; fetch it whole if so configured."""
    from spiking_music.dataset.maestro.http import Client
    from spiking_music.dataset.maestro.store import survey

    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)
    download = configuration.section(raw, configuration.DownloadConfig)
    survey(dataset, download, Client(download, configuration.seed(raw))).write(out)


def fetch(
    config: Configs = ["config.yaml"],  # noqa: B006 (typer copies it)
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be fetched.")
    ] = False,
) -> None:
    """Fetch what sources maestro and fma need; what is there is verified. Prints the bytes."""
    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)
    download = configuration.section(raw, configuration.DownloadConfig)

    from spiking_music.dataset.maestro.plan import fetch

    fetch(dataset, download, configuration.seed(raw), dry_run)


def recordings(
    config: Configs,
    performances: Performances,
    shard: Shard,
    root: Root,
    manifest: Annotated[Out, Writes((".csv",))],
    archive: Annotated[
        Path | None, typer.Option(help="Directory of the archive that `archive` wrote.")
    ] = None,
) -> None:
    """Make (demo, midi), check (folder) or fetch (maestro, fma) the recordings of a shard."""
    from spiking_music.dataset.maestro import store
    from spiking_music.dataset.maestro.archive import load
    from spiking_music.dataset.sources import prepare

    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)
    # what is rendered from notes alone takes the sample rate of the clips
    midi = dataset.source == "midi"
    signal = configuration.section(raw, configuration.SignalConfig) if midi else None
    seed = configuration.seed(raw)
    download = _download(raw, dataset)
    fetched = None
    if download is not None:
        if archive is None:
            raise ConfigError(f"source '{dataset.source}' needs --archive: make it with 'archive'")
        fetched = store.opened(load(archive), download, seed)
    prepare(dataset, signal, seed, performances, shard, root, manifest, fetched)


def clips(
    config: Configs,
    performances: Performances,
    manifest: Annotated[Path, typer.Option(help="Manifest of the shard's recordings.")],
    root: Root,
    split: Annotated[str, typer.Option(help="train, validation or test.")],
    shard: Shard,
    audio: Annotated[Path, typer.Option(help="HDF5 file to write."), Writes((".h5",))],
    table: Annotated[Path, typer.Option(help="Table of the clips to write."), Writes((".csv",))],
) -> None:
    """Decode, resample and cut the recordings of a shard."""
    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)
    signal = configuration.section(raw, configuration.SignalConfig)

    from spiking_music.dataset.clips import build_clips

    build_clips(performances, root, split, shard, audio, table, signal, dataset, manifest)


def onsets(
    config: Configs,
    performances: Performances,
    root: Root,
    tables: Annotated[list[Path], typer.Argument(help="Clip tables of one split, in order.")],
    out: Annotated[Out, Writes((".zip",))],
) -> None:
    """Cache the note onsets, velocities and pedal of every clip of a split."""
    signal = configuration.section(configuration.read(config), configuration.SignalConfig)

    from spiking_music.dataset.onsets import build_onsets

    build_onsets(performances, root, tables, out, signal)


def _download(
    raw: Mapping[str, Any], dataset: "configuration.DatasetConfig"
) -> "configuration.DownloadConfig | None":
    """The section that just the sources with a server depend on."""
    return configuration.section(raw, configuration.DownloadConfig) if dataset.fetched else None


def unite(
    folders: Annotated[
        list[Path], typer.Argument(help="Data sets in MAESTRO's layout."), Reads("folder")
    ],
    out: Annotated[Out, WritesFolder()],
) -> None:
    """Make one data set of several: a folder of links to them, and one table."""
    from spiking_music.dataset.unite import unite

    unite(folders, out)


def table(
    folder: Annotated[Path, typer.Argument(help="Recordings, or MIDI files, in any subfolders.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the draw that deals the splits.")] = 1,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of that split.")] = 0.1,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of that split.")] = 0.1,
    force: Annotated[bool, typer.Option("--force", help="Replace a table that is there.")] = False,
) -> None:
    """Write metadata.csv for a folder of recordings: durations, MIDI of the same names, splits."""
    from spiking_music.dataset.table import make_table

    make_table(folder, seed, validation, test, force)


VERBS = (table, catalogue, archive, fetch, recordings, clips, onsets, unite)
