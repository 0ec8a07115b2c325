"""Verbs of the codec and evaluation rooms: weights → codes → tables."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Clips, Configs, Out
from spiking_music.cli.targets import Writes, WritesRates
from spiking_music.errors import ConfigError

Weights = Annotated[Path, typer.Option(help="Trained weights (.safetensors).")]
Codes = Annotated[Path, typer.Option(help="Codes that `codes` wrote (.h5).")]
EntropyTables = Annotated[Path, typer.Option("--tables", help="Tables that `fit-entropy` wrote.")]

SWEEP = ("{}-quality.csv", "{}-budget.csv", "{}-levels.csv", "{}-levels.md", "{}.npz")


def codes(
    clips: Clips,
    config: Configs,
    weights: Weights,
    out: Annotated[Out, Writes((".h5",))],
    all_levels: Annotated[
        bool,
        typer.Option(
            "--all-levels", help="Clips take turns at `evaluation.levels`: for `fit-entropy`."
        ),
    ] = False,
) -> None:
    """Encode the clips of a split."""
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)
    turns = settings.levels if all_levels else (settings.level,)

    from spiking_music.evaluation.inference import encode_split

    encode_split(weights, clips, out, settings.batch_size, *turns)


def evaluate(
    clips: Clips,
    config: Configs,
    weights: Weights,
    codes: Codes,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Decode codes and measure the result against the clips they came from."""
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)

    from spiking_music.evaluation.reconstruct import evaluate

    evaluate(weights, codes, clips, _tables(clips), out, settings)


def evaluate_anchor(
    name: Annotated[str, typer.Argument(help="anchor, lowpass-3500 or lowpass-7000.")],
    clips: Clips,
    config: Configs,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Measure a distortion made by hand as `evaluate` measures a variant."""
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)

    from spiking_music.evaluation.reconstruct import evaluate_anchor

    evaluate_anchor(name, clips, _tables(clips), out, settings)


def evaluate_classical(
    codec: Annotated[str, typer.Argument(help="mp3 or opus.")],
    clips: Clips,
    config: Configs,
    kbps: Annotated[list[int], typer.Option(help="Bit rate; repeat it for several.")],
    out: Annotated[
        Path, typer.Option(help="Folder to write <codec>-<kbps>.csv to."), WritesRates()
    ],
) -> None:
    """Measure MP3 or Opus, through its real encoder, as `evaluate` measures a variant."""
    settings = configuration.section(configuration.read(config), configuration.EvaluationConfig)

    from spiking_music.evaluation.reconstruct import evaluate_classical

    evaluate_classical(codec, kbps, clips, _tables(clips), out, settings)


def _tables(clips: list[Path]) -> list[Path]:
    """The tables that lie beside clip shards."""
    return [path.with_suffix(".csv") for path in clips]


def sweep(
    clips: Clips,
    config: Configs,
    weights: Weights,
    tables: EntropyTables,
    out: Annotated[Out, Writes((".csv",), SWEEP)],
) -> None:
    """Code a few clips at all levels of a model, and let quality control choose among them."""
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)

    from spiking_music.evaluation.sweep import Models, sweep_split

    models = Models(weights, tables)
    sweep_split(models, clips, _tables(clips), out, settings, configuration.seed(raw))


def architecture(
    variant: Annotated[str, typer.Argument(help="Row of `variants`.")],
    config: Configs,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Describe a variant's model block by block: shapes, parameters, compute."""
    settings = configuration.network(configuration.read(config), variant)

    from spiking_music.evaluation.architecture import write_blocks

    write_blocks(settings, out)


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
) -> None:
    """Spectrograms and codes of a few clips as all variants have them, for the page of clips."""
    if not len(variant) == len(weights) == len(codes):
        raise ConfigError("give as many --variant as --weights and --codes")
    raw = configuration.read(config)
    count = configuration.section(raw, configuration.FiguresConfig).clips
    signal = configuration.section(raw, configuration.SignalConfig)

    from spiking_music.evaluation.excerpts import Sources, write_excerpts

    named = (dict(zip(variant, files, strict=True)) for files in (weights, codes))
    write_excerpts(Sources(clips, onsets, *named), out, count, signal)


def selectivity(
    config: Configs,
    codes: Codes,
    onsets: Annotated[Path, typer.Option(help="Onsets of the same split (.zarr.zip).")],
    out: Annotated[
        Path,
        typer.Option(help="Arrays to write (.npz); tables go beside them."),
        Writes((".npz",), ("{}.csv", "{}-summary.csv")),
    ],
) -> None:
    """Which units of binary codes are tuned to which notes, with a test and in bits."""
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.SelectivityConfig)

    from spiking_music.evaluation.selectivity import selectivity

    selectivity(codes, onsets, out, settings, configuration.seed(raw))


def compare_selectivity(
    summaries: Annotated[list[Path], typer.Argument(help="Summaries that `selectivity` wrote.")],
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """The selectivity of several variants, one row each."""
    from spiking_music.evaluation.selectivity import side_by_side

    side_by_side(summaries, out)


def account(codes: Codes, out: Annotated[Out, Writes((".csv",))]) -> None:
    """Count what every format of the paper costs for each clip's codes."""
    from spiking_music.evaluation.rates import paper_costs

    paper_costs(codes, out)


def fit_entropy(
    config: Configs, codes: Codes, out: Annotated[Out, Writes((".safetensors",))]
) -> None:
    """Fit the tables of entropy coding to the codes of the train split."""
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EntropyConfig)

    from spiking_music.evaluation.rates import fit_tables

    fit_tables(codes, out, configuration.seed(raw), settings.steps)


def account_coded(
    codes: Codes,
    tables: EntropyTables,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Count what entropy coding really takes for each clip's codes, and what it could at best."""
    from spiking_music.evaluation.rates import entropy_costs

    entropy_costs(codes, tables, out)


def storage(
    units: Annotated[int, typer.Option(min=1, help="N, units.")],
    steps: Annotated[int, typer.Option(min=1, help="T, time steps.")],
    events: Annotated[int, typer.Option(min=0, help="S, events.")],
) -> None:
    """Print what S events in an N x T matrix cost in each format, and the entropy bound."""
    from spiking_music.evaluation.rates import storage_report

    print(storage_report(units, steps, events))


def summarise(
    config: Configs,
    weights: Annotated[list[Path], typer.Option(help="Weights of each variant.")],
    evaluation: Annotated[list[Path], typer.Option(help="Table of `evaluate` of each.")],
    storage: Annotated[list[Path], typer.Option(help="Table of `account` of each.")],
    out: Annotated[Out, Writes((".csv",), ("{}.md", "{}.json"))],
    coded: Annotated[
        list[Path] | None,
        typer.Option(help="Table of `account-coded`, beside the storage table it belongs to."),
    ] = None,
    classical: Annotated[
        list[Path] | None, typer.Option(help="Table of `evaluate-classical`.")
    ] = None,
    anchor: Annotated[list[Path] | None, typer.Option(help="Table of an anchor.")] = None,
) -> None:
    """One row a variant, with intervals: .csv for programs, .md for people, .json for DVC."""
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)
    if not len(weights) == len(evaluation) == len(storage):
        raise ConfigError("give as many --weights as --evaluation and --storage")
    owner = {path.with_stem(path.stem.removesuffix("-coded")): path for path in coded or []}
    if strangers := set(owner) - set(storage):
        raise ConfigError(f"'{owner[strangers.pop()]}' lies beside no --storage table")
    files = zip(weights, evaluation, storage, map(owner.get, storage), strict=True)

    from spiking_music.evaluation.summary import Run, summarise

    runs = [Run(*each) for each in files]
    seed = configuration.seed(raw)
    summarise(runs, classical or [], anchor or [], out, settings.bootstrap, seed)


VERBS = (
    codes,
    evaluate,
    evaluate_anchor,
    evaluate_classical,
    account,
    fit_entropy,
    account_coded,
    storage,
    sweep,
    architecture,
    excerpts,
    selectivity,
    compare_selectivity,
    summarise,
)
