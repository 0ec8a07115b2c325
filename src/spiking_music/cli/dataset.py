"""Verbs of the dataset room: recordings → clips and onsets."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music import config as configuration
from spiking_music.cli.options import Configs, Out, Performances, Root, Shard
from spiking_music.config import DatasetConfig, SignalConfig


def catalogue(config: Configs, out: Out) -> None:
    """Choose performances and deal them to shards."""
    from spiking_music.dataset.catalogue import catalogue

    raw = configuration.read(config)
    catalogue(configuration.section(raw, DatasetConfig), configuration.seed(raw), out)


def recordings(
    config: Configs, performances: Performances, shard: Shard, root: Root, manifest: Out
) -> None:
    """Make (demo, midi) or check (folder) the recordings of a shard."""
    from spiking_music.dataset.sources import prepare

    raw = configuration.read(config)
    dataset = configuration.section(raw, DatasetConfig)
    signal = configuration.section(raw, SignalConfig)
    prepare(dataset, signal, configuration.seed(raw), performances, shard, root, manifest)


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


VERBS = (catalogue, recordings, clips, onsets)
