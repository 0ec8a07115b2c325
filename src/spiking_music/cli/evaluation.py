"""Verbs of `evaluate`: weights → codes → what they cost, and how they sound."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import (
    Clips,
    Codes,
    Configs,
    EntropyTables,
    Out,
    Performances,
    Root,
    Tunings,
    by_name,
)
from spiking_music.cli.targets import Writes, WritesRates
from spiking_music.errors import ConfigError

Weights = Annotated[Path, typer.Option(help="Trained weights (.safetensors).")]

SWEEP = ("{}-quality.csv", "{}-budget.csv", "{}-levels.csv", "{}-levels.md", "{}.npz")


def codes(
    clips: Clips,
    config: Configs,
    weights: Weights,
    out: Annotated[Out, Writes((".h5",))],
    all_levels: Annotated[
        bool,
        typer.Option(
            "--all-levels", help="Clips take turns at `evaluation.levels`: for `train entropy`."
        ),
    ] = False,
) -> None:
    r"""Encode the clips of a split.

    Example:
    spiking-music evaluate codes test-0.h5 --config config.yaml \
        --weights weights.safetensors --out test.h5
    """
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)
    turns = settings.levels if all_levels else (settings.level,)

    from spiking_music.evaluation.inference import encode_split

    encode_split(weights, clips, out, settings.batch_size, *turns)


def variant(
    clips: Clips,
    config: Configs,
    weights: Weights,
    codes: Codes,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    r"""Decode codes and measure the result against the clips they came from.

    Example:
    spiking-music evaluate variant test-0.h5 --config config.yaml \
        --weights weights.safetensors --codes test.h5 --out quality.csv
    """
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)

    from spiking_music.evaluation.reconstruct import evaluate

    evaluate(weights, codes, clips, _tables(clips), out, settings)


def anchor(
    name: Annotated[str, typer.Argument(help="anchor, lowpass-3500 or lowpass-7000.")],
    clips: Clips,
    config: Configs,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Measure a distortion made by hand as `evaluate variant` does a model.

    Example:
    spiking-music evaluate anchor lowpass-3500 test-0.h5 --config config.yaml --out anchor.csv
    """
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)

    from spiking_music.evaluation.reconstruct import evaluate_anchor

    evaluate_anchor(name, clips, _tables(clips), out, settings)


def classical(
    codec: Annotated[str, typer.Argument(help="mp3 or opus.")],
    clips: Clips,
    config: Configs,
    kbps: Annotated[list[int], typer.Option(help="Bit rate; repeat it for several.")],
    out: Annotated[
        Path, typer.Option(help="Folder to write <codec>-<kbps>.csv to."), WritesRates()
    ],
) -> None:
    """Measure MP3 or Opus, through its real encoder, as `evaluate variant` does a model.

    Example:
    spiking-music evaluate classical opus test-0.h5 --config config.yaml --kbps 6 --out classical
    """
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)

    from spiking_music.evaluation.reconstruct import evaluate_classical

    evaluate_classical(codec, kbps, clips, _tables(clips), out, settings)


def external(
    name: Annotated[str, typer.Argument(help="Row of `external` and its rate: <row>-<rate>.")],
    clips: Clips,
    config: Configs,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    r"""Measure a codec of others, a row of `external`, as `evaluate variant` does a model.

    Example:
    spiking-music evaluate external codec2-1200 test-0.h5 --config config.yaml \
        --config config/external/codec2.yaml --out codec2-1200.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)
    system = configuration.external_system(raw, name)

    from spiking_music.evaluation.external import evaluate_external

    evaluate_external(system, clips, _tables(clips), out, settings)


def midi(
    ticks: Annotated[int, typer.Argument(min=1, help="Ticks a second of the grid of the notes.")],
    clips: Clips,
    config: Configs,
    performances: Performances,
    root: Root,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    r"""Measure the notes alone, entropy-coded and played again, as `evaluate variant` does a model.

    Example:
    spiking-music evaluate midi 100 test-0.h5 --config config.yaml \
        --performances performances.csv --root recordings --out midi-100.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)
    font = configuration.section(raw, configuration.DatasetConfig).soundfont

    from spiking_music.evaluation.midi import Sources, evaluate_midi

    sources = Sources(performances, root, font)
    evaluate_midi(ticks, sources, clips, _tables(clips), out, settings)


def _tables(clips: list[Path]) -> list[Path]:
    """The tables that lie beside clip shards."""
    return [path.with_suffix(".csv") for path in clips]


def sweep(
    clips: Clips,
    config: Configs,
    weights: Weights,
    tables: EntropyTables,
    out: Annotated[Out, Writes((".csv",), SWEEP)],
    tuning: Annotated[
        Path | None, typer.Option(help="Table of `evaluate tuning`, where notes are known.")
    ] = None,
) -> None:
    r"""Code a few clips at all levels of a model, and let quality control choose among them.

    Example:
    spiking-music evaluate sweep test-0.h5 --config config.yaml --weights weights.safetensors \
        --tables entropy.safetensors --out sweep.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)

    from spiking_music.evaluation.sweep import Models, sweep_split

    models = Models(weights, tables, tuning)
    sweep_split(models, clips, _tables(clips), out, settings, configuration.seed(raw))


def architecture(
    variant: Annotated[str, typer.Argument(help="Row of `variants`.")],
    config: Configs,
    out: Annotated[Out, Writes((".csv",), ("{}-operations.csv",))],
) -> None:
    """Describe a variant's model block by block, and beside it what a second costs to compute.

    Example:
    spiking-music evaluate architecture free --config config.yaml --out free.csv
    """
    settings = configuration.network(configuration.read(config), variant)

    from spiking_music.evaluation.architecture import write_blocks
    from spiking_music.evaluation.operations import write_operations

    write_blocks(settings, out)
    write_operations(settings, out.with_name(f"{out.stem}-operations.csv"))


def excerpts(
    clips: Clips,
    config: Configs,
    variant: Annotated[
        list[str], typer.Option(help="Name of a variant; repeat it in the order of the files.")
    ],
    weights: Annotated[list[Path], typer.Option(help="Weights of each variant.")],
    codes: Annotated[list[Path], typer.Option(help="Codes of the split by each variant.")],
    out: Annotated[Path, typer.Option(help="Arrays to write (.npz)."), Writes((".npz",))],
    onsets: Annotated[
        Path | None, typer.Option(help="Onsets of the split (.zarr.zip), where they are known.")
    ] = None,
    tuning: Tunings = None,
) -> None:
    r"""Spectrograms and codes of a few clips as all variants have them, for the page of clips.

    Example:
    spiking-music evaluate excerpts test-0.h5 --config config.yaml --variant free \
        --weights weights.safetensors --codes test.h5 --out excerpts.npz
    """
    if not len(variant) == len(weights) == len(codes):
        raise ConfigError("give as many --variant as --weights and --codes")
    raw = configuration.read(config)
    count = configuration.section(raw, configuration.FiguresConfig).clips
    signal = configuration.section(raw, configuration.SignalConfig)

    from spiking_music.evaluation.excerpts import Sources, write_excerpts

    models, encoded = (dict(zip(variant, files, strict=True)) for files in (weights, codes))
    sources = Sources(clips, onsets, models, encoded, by_name(tuning))
    write_excerpts(sources, out, count, signal)


VERBS = (codes, variant, anchor, classical, external, midi, sweep, architecture, excerpts)
