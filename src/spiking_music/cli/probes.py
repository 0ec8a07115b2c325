"""Verbs of `evaluate`, probes: frozen codes → what can be told from them."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Clips, Configs, Out, Performances
from spiking_music.cli.targets import Writes
from spiking_music.errors import ConfigError


def probe(
    name: Annotated[str, typer.Argument(help="What the features are called in the table.")],
    clips: Clips,
    config: Configs,
    performances: Performances,
    out: Annotated[Out, Writes((".csv",), ("{}-confusion.csv",))],
    weights: Annotated[
        Path | None, typer.Option(help="The model of the codes; without one, mel bands.")
    ] = None,
    codes: Annotated[
        list[Path] | None, typer.Option(help="Codes of the clips, a file a split, in order.")
    ] = None,
) -> None:
    r"""Tell composer, period or genre from codes, or from mel bands of the clips themselves.

    Example:
    spiking-music evaluate probe mel-bands train-0.h5 test-0.h5 --config config.yaml \
        --performances performances.csv --out mel-bands.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.ProbeConfig)
    if (weights is None) != (codes is None):
        raise ConfigError("give --weights and --codes, or neither for mel bands")

    from spiking_music.evaluation.probe import code_features, mel_features, probe

    if weights is not None and codes is not None:
        features = code_features(codes, weights, settings.window)
    else:
        signal = configuration.section(raw, configuration.SignalConfig)
        features = mel_features(clips, settings.mels, settings.window, signal)
    tables = [path.with_suffix(".csv") for path in clips]
    probe(name, features, performances, tables, out, settings, configuration.seed(raw))


def compare_probes(
    tables: Annotated[list[Path], typer.Argument(help="Tables that `evaluate probe` wrote.")],
    out: Annotated[Out, Writes((".csv",), ("{}.md",))],
) -> None:
    """The probes of several variants in one table, .csv and .md.

    Example:
    spiking-music evaluate compare-probes free.csv mel-bands.csv --out probes.csv
    """
    from spiking_music.evaluation.probe import compare

    compare(tables, out)


VERBS = (probe, compare_probes)
