"""Verbs of the dataset room: recordings → clips and onsets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spiking_music import config as configuration
from spiking_music.cli.options import Configs, Out, Performances, Root, Shard
from spiking_music.config import DatasetConfig, DownloadConfig, SignalConfig
from spiking_music.errors import ConfigError


def catalogue(config: Configs, out: Out) -> None:
    """Choose performances and deal them to shards."""
    from spiking_music.dataset.catalogue import catalogue

    raw = configuration.read(config)
    dataset = configuration.section(raw, DatasetConfig)
    catalogue(dataset, configuration.seed(raw), out, _download(raw, dataset))


def archive(config: Configs, out: Out) -> None:
    """Read the directory of the archive for all shards; fetch it whole if so configured."""
    from spiking_music.dataset.maestro.http import Client
    from spiking_music.dataset.maestro.store import survey

    raw = configuration.read(config)
    dataset = configuration.section(raw, DatasetConfig)
    download = configuration.section(raw, DownloadConfig)
    survey(dataset, download, Client(download, configuration.seed(raw))).write(out)


def fetch(
    config: Configs = ["config.yaml"],  # noqa: B006 (typer copies it)
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be fetched.")
    ] = False,
) -> None:
    """Fetch what sources maestro and fma need; what is there is verified. Prints the bytes."""
    from spiking_music.dataset.maestro.plan import fetch

    raw = configuration.read(config)
    dataset = configuration.section(raw, DatasetConfig)
    download = configuration.section(raw, DownloadConfig)
    fetch(dataset, download, configuration.seed(raw), dry_run)


def recordings(
    config: Configs,
    performances: Performances,
    shard: Shard,
    root: Root,
    manifest: Out,
    archive: Annotated[
        Path | None, typer.Option(help="Directory of the archive that `archive` wrote.")
    ] = None,
) -> None:
    """Make (demo, midi), check (folder) or fetch (maestro, fma) the recordings of a shard."""
    from spiking_music.dataset.maestro import store
    from spiking_music.dataset.maestro.archive import load
    from spiking_music.dataset.sources import prepare

    raw = configuration.read(config)
    dataset = configuration.section(raw, DatasetConfig)
    signal = configuration.section(raw, SignalConfig)
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
    audio: Annotated[Path, typer.Option(help="HDF5 file to write.")],
    table: Annotated[Path, typer.Option(help="Table of the clips to write.")],
) -> None:
    """Decode, resample and cut the recordings of a shard."""
    from spiking_music.dataset.clips import build_clips

    raw = configuration.read(config)
    dataset = configuration.section(raw, DatasetConfig)
    signal = configuration.section(raw, SignalConfig)
    build_clips(performances, root, split, shard, audio, table, signal, dataset, manifest)


def onsets(
    config: Configs,
    performances: Performances,
    root: Root,
    tables: Annotated[list[Path], typer.Argument(help="Clip tables of one split, in order.")],
    out: Out,
) -> None:
    """Cache the note onsets, velocities and pedal of every clip of a split."""
    from spiking_music.dataset.onsets import build_onsets

    signal = configuration.section(configuration.read(config), SignalConfig)
    build_onsets(performances, root, tables, out, signal)


def _download(raw: Mapping[str, Any], dataset: DatasetConfig) -> DownloadConfig | None:
    """The section that just the sources with a server depend on."""
    return configuration.section(raw, DownloadConfig) if dataset.fetched else None


def unite(
    folders: Annotated[list[Path], typer.Argument(help="Data sets in MAESTRO's layout.")],
    out: Out,
) -> None:
    """Make one data set of several: a folder of links to them, and one table."""
    from spiking_music.dataset.unite import unite

    unite(folders, out)


VERBS = (catalogue, archive, fetch, recordings, clips, onsets, unite)
