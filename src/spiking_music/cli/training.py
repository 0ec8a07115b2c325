"""Verbs of the training room: clips → weights."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from spiking_music import files, overwriting
from spiking_music.cli import configuration
from spiking_music.cli.options import Clips, Configs, Out
from spiking_music.cli.targets import Writes, WritesCheckpoints, WritesLog


def train(
    variant: Annotated[str, typer.Argument(help="Row of `variants`.")],
    clips: Clips,
    config: Configs,
    weights: Annotated[
        Path, typer.Option(help="Weights to write (.safetensors)."), Writes((".safetensors",))
    ],
    log: Annotated[
        Path,
        typer.Option(help="Table of the curves to write (.csv)."),
        WritesLog((".csv",)),
    ],
    checkpoints: Annotated[
        Path, typer.Option(help="Folder to save to and resume from."), WritesCheckpoints()
    ],
) -> None:
    """Train a variant on the train clips, validating on the validation clips."""
    settings = configuration.variant(configuration.read(config), variant)
    if settings.training.start_from:
        _keep_start(settings.training.start_from, weights, checkpoints)

    from spiking_music.dataset.clip_dataset import split_of
    from spiking_music.training.loop import train

    shards = {
        split: [path for path in clips if split_of(path) == split]
        for split in ("train", "validation")
    }
    train(settings, shards["train"], shards["validation"], weights, log, checkpoints)


def _keep_start(start: str, weights: Path, checkpoints: Path) -> None:
    """`OutputError` where training would end by replacing or deleting what it starts from."""
    from spiking_music.models.pretrained import weights_at
    from spiking_music.training.checkpoint_files import stranger

    overwriting.reads([weights_at(start)])
    overwriting.require_file(weights, (".safetensors",))
    overwriting.require_folder(checkpoints, "train", stranger=stranger)


def halve(
    weights: Annotated[Path, typer.Argument(help="Trained weights (.safetensors).")],
    out: Annotated[Out, Writes((".safetensors",))],
) -> None:
    """Store weights in 16 bits a number, to be shipped; tables are then fitted to their codes."""
    from spiking_music.models.weights import halve_weights

    halve_weights(weights, out)
    files.wrote(out)


def borrow(
    source: Annotated[Path, typer.Argument(help="File of a model that others trained.")],
    out: Annotated[Out, Writes((".safetensors", ".csv"))],
) -> None:
    """Take over a file of a model that is not trained here, byte by byte."""
    with files.atomic(out) as temporary:
        shutil.copyfile(source, temporary)
    files.wrote(out)


VERBS = (train, halve, borrow)
