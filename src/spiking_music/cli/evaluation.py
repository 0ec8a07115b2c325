"""Verbs of the codec and evaluation rooms: weights → codes → tables."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music import config as configuration
from spiking_music.cli.options import Clips, Configs, Out
from spiking_music.config import EvaluationConfig
from spiking_music.errors import ConfigError

Weights = Annotated[Path, typer.Option(help="Trained weights (.safetensors).")]
Codes = Annotated[Path, typer.Option(help="Codes that `codes` wrote (.h5).")]


def codes(clips: Clips, config: Configs, weights: Weights, out: Out) -> None:
    """Encode the clips of a split."""
    from spiking_music.evaluation.coding import encode_split

    settings = configuration.section(configuration.read(config), EvaluationConfig)
    encode_split(weights, clips, out, settings.batch_size)


def evaluate(clips: Clips, config: Configs, weights: Weights, codes: Codes, out: Out) -> None:
    """Decode codes and measure the result against the clips they came from."""
    from spiking_music.evaluation.reconstruct import evaluate

    raw = configuration.read(config)
    settings = configuration.section(raw, EvaluationConfig)
    tables = [path.with_suffix(".csv") for path in clips]
    evaluate(weights, codes, clips, tables, out, settings)


def account(codes: Codes, out: Out) -> None:
    """Count what every format of the paper costs for each clip's codes."""
    from spiking_music.evaluation.storage import storage

    storage(codes, out)


def storage(
    units: Annotated[int, typer.Option(min=1, help="N, units.")],
    steps: Annotated[int, typer.Option(min=1, help="T, time steps.")],
    events: Annotated[int, typer.Option(min=0, help="S, events.")],
) -> None:
    """Print what S events in an N x T matrix cost in each format, and the entropy bound."""
    from spiking_music.evaluation.storage import storage_report

    print(storage_report(units, steps, events))


def summarise(
    config: Configs,
    weights: Annotated[list[Path], typer.Option(help="Weights of each variant.")],
    evaluation: Annotated[list[Path], typer.Option(help="Table of `evaluate` of each.")],
    storage: Annotated[list[Path], typer.Option(help="Table of `account` of each.")],
    log: Annotated[list[Path], typer.Option(help="Training log of each.")],
    out: Out,
) -> None:
    """One row a variant, with intervals: .csv for programs, .md for people, .json for DVC."""
    from spiking_music.evaluation.summary import Run, summarise

    raw = configuration.read(config)
    settings = configuration.section(raw, EvaluationConfig)
    if not len(weights) == len(evaluation) == len(storage) == len(log):
        raise ConfigError("give as many --weights as --evaluation, --storage and --log")
    runs = [Run(*files) for files in zip(weights, evaluation, storage, log, strict=True)]
    summarise(runs, out, settings.bootstrap, configuration.seed(raw))


VERBS = (codes, evaluate, account, storage, summarise)
