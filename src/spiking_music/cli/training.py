"""Verbs of `train`: clips → weights, and what goes with weights."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from spiking_music import files, overwriting
from spiking_music.cli import configuration
from spiking_music.cli.options import Clips, Codes, Configs, Out
from spiking_music.cli.targets import Writes, WritesCheckpoints, WritesLog


def variant(
    name: Annotated[str, typer.Argument(metavar="VARIANT", help="Row of `variants`.")],
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
    r"""Train a variant on the train clips, validating on the validation clips.

    Example:
    spiking-music train variant free train-0.h5 validation-0.h5 --config config.yaml \
        --weights weights.safetensors --log log.csv --checkpoints checkpoints
    """
    settings = configuration.variant(configuration.read(config), name)
    if settings.training.start_from:
        _keep_start(settings, weights, checkpoints)

    from spiking_music.data.clip_dataset import split_of
    from spiking_music.data.scratch import copies
    from spiking_music.training.loop import train

    with copies(clips) as near:
        shards = {
            split: [path for path in near if split_of(path) == split]
            for split in ("train", "validation")
        }
        train(settings, shards["train"], shards["validation"], weights, log, checkpoints)


def _keep_start(settings: "configuration.VariantConfig", weights: Path, checkpoints: Path) -> None:
    """`OutputError` where training would end by replacing or deleting what it starts from."""
    from spiking_music.models.pretrained import start_weights
    from spiking_music.training.checkpoint_files import stranger

    start = start_weights(settings)
    overwriting.reads([] if start is None else [start])
    overwriting.require_file(weights, (".safetensors",))
    overwriting.require_folder(checkpoints, "variant", stranger=stranger)


def entropy(config: Configs, codes: Codes, out: Annotated[Out, Writes((".safetensors",))]) -> None:
    """Fit the tables of entropy coding to the codes of the train split.

    Example:
    spiking-music train entropy --config config.yaml --codes train.h5 --out entropy.safetensors
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EntropyConfig)

    from spiking_music.evaluation.rates import fit_tables

    fit_tables(codes, out, configuration.seed(raw), settings.steps)


def to_fp16(
    weights: Annotated[Path, typer.Argument(help="Trained weights (.safetensors).")],
    out: Annotated[Out, Writes((".safetensors",))],
) -> None:
    """Store weights in 16 bits a number, to be shipped; tables are then fitted to their codes.

    Example:
    spiking-music train to-fp16 weights.safetensors --out half.safetensors
    """
    from spiking_music.models.weights import halve_weights

    halve_weights(weights, out)
    files.wrote(out)


def import_model(
    source: Annotated[Path, typer.Argument(help="File of a model that others trained.")],
    out: Annotated[Out, Writes((".safetensors", ".csv"))],
) -> None:
    """Copy a file of a model that was not trained here, byte by byte.

    Example:
    spiking-music train import-model other/weights.safetensors --out weights.safetensors
    """
    with files.atomic(out) as temporary:
        shutil.copyfile(source, temporary)
    files.wrote(out)


VERBS = (variant, entropy, to_fp16, import_model)
