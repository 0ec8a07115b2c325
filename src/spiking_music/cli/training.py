"""Verbs of the training room: clips → weights."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from spiking_music import config as configuration
from spiking_music import files
from spiking_music.cli.options import Clips, Configs, Out


def train(
    variant: Annotated[str, typer.Argument(help="Row of `variants`.")],
    clips: Clips,
    config: Configs,
    weights: Annotated[Path, typer.Option(help="Weights to write (.safetensors).")],
    log: Annotated[Path, typer.Option(help="Table of the curves to write (.csv).")],
    checkpoints: Annotated[Path, typer.Option(help="Folder to save to and resume from.")],
) -> None:
    """Train a variant on the train clips, validating on the validation clips."""
    settings = configuration.variant(configuration.read(config), variant)

    from spiking_music.dataset.clip_dataset import split_of
    from spiking_music.training.loop import train

    shards = {
        split: [path for path in clips if split_of(path) == split]
        for split in ("train", "validation")
    }
    train(settings, shards["train"], shards["validation"], weights, log, checkpoints)


def halve(
    weights: Annotated[Path, typer.Argument(help="Trained weights (.safetensors).")],
    out: Out,
) -> None:
    """Store weights in 16 bits a number, to be shipped; tables are then fitted to their codes."""
    from spiking_music.models.weights import halve_weights

    halve_weights(weights, out)
    files.wrote(out)


def borrow(
    source: Annotated[Path, typer.Argument(help="File of a model that others trained.")],
    out: Out,
) -> None:
    """Take over a file of a model that is not trained here, byte by byte."""
    with files.atomic(out) as temporary:
        shutil.copyfile(source, temporary)
    files.wrote(out)


VERBS = (train, halve, borrow)
