"""Verbs of `evaluate` that need no model: codes and tables → tables."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Codes, Configs, EntropyTables, Out
from spiking_music.cli.targets import Writes
from spiking_music.errors import ConfigError


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
    r"""Which units of binary codes are tuned to which notes, with a test and in bits.

    Example:
    spiking-music evaluate selectivity --config config.yaml --codes test.h5 \
        --onsets test.zarr.zip --out selectivity.npz
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.SelectivityConfig)

    from spiking_music.evaluation.selectivity import selectivity

    selectivity(codes, onsets, out, settings, configuration.seed(raw))


def tuning(
    codes: Codes,
    onsets: Annotated[Path, typer.Option(help="Onsets of the same split (.zarr.zip).")],
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Which note each unit of binary codes is tuned to most: what rasters are sorted by.

    Example:
    spiking-music evaluate tuning --codes test.h5 --onsets test.zarr.zip --out tuning.csv
    """
    from spiking_music.evaluation.tuning import write_tuning

    write_tuning(codes, onsets, out)


def compare_selectivity(
    summaries: Annotated[list[Path], typer.Argument(help="Summaries that `selectivity` wrote.")],
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """The selectivity of several variants, one row each.

    Example:
    spiking-music evaluate compare-selectivity free-summary.csv --out selectivity.csv
    """
    from spiking_music.evaluation.selectivity import side_by_side

    side_by_side(summaries, out)


def storage_cost(codes: Codes, out: Annotated[Out, Writes((".csv",))]) -> None:
    """Count what every format of the paper costs for each clip's codes.

    Example:
    spiking-music evaluate storage-cost --codes test.h5 --out storage.csv
    """
    from spiking_music.evaluation.rates import paper_costs

    paper_costs(codes, out)


def entropy_cost(
    codes: Codes,
    tables: EntropyTables,
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    r"""Count what entropy coding really takes for each clip's codes, and what it could at best.

    Example:
    spiking-music evaluate entropy-cost --codes test.h5 --tables entropy.safetensors \
        --out coded.csv
    """
    from spiking_music.evaluation.rates import entropy_costs

    entropy_costs(codes, tables, out)


def summary(
    config: Configs,
    weights: Annotated[list[Path], typer.Option(help="Weights of each variant.")],
    evaluation: Annotated[list[Path], typer.Option(help="Table of `evaluate variant` of each.")],
    storage: Annotated[list[Path], typer.Option(help="Table of `storage-cost` of each.")],
    operations: Annotated[
        list[Path], typer.Option(help="Table <variant>-operations.csv of `architecture` of each.")
    ],
    out: Annotated[Out, Writes((".csv",), ("{}.md", "{}.json"))],
    coded: Annotated[
        list[Path] | None,
        typer.Option(help="Table of `entropy-cost`, beside the storage table it belongs to."),
    ] = None,
    classical: Annotated[
        list[Path] | None, typer.Option(help="Table of `classical`, `midi` or `external`.")
    ] = None,
    anchor: Annotated[list[Path] | None, typer.Option(help="Table of an anchor.")] = None,
) -> None:
    r"""One row a variant, with intervals: .csv for programs, .md for people, .json for DVC.

    Example:
    spiking-music evaluate summary --config config.yaml --weights weights.safetensors \
        --evaluation quality.csv --storage storage.csv \
        --operations free-operations.csv --out summary.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)
    if not len(weights) == len(evaluation) == len(storage) == len(operations):
        raise ConfigError("give as many --weights as --evaluation, --storage and --operations")
    owner = {path.with_stem(path.stem.removesuffix("-coded")): path for path in coded or []}
    if strangers := set(owner) - set(storage):
        raise ConfigError(f"'{owner[strangers.pop()]}' lies beside no --storage table")
    files = zip(weights, evaluation, storage, operations, map(owner.get, storage), strict=True)

    from spiking_music.evaluation.summary import Run, summarise

    runs = [Run(*each) for each in files]
    seed = configuration.seed(raw)
    summarise(runs, classical or [], anchor or [], out, settings.bootstrap, seed)


def claims(
    config: Configs,
    evaluation: Annotated[list[Path], typer.Option(help="Table of `evaluate variant` of each.")],
    out: Annotated[Out, Writes((".csv",), ("{}.md",))],
    storage: Annotated[list[Path] | None, typer.Option(help="Table of `storage-cost`.")] = None,
    coded: Annotated[list[Path] | None, typer.Option(help="Table of `entropy-cost`.")] = None,
    controlled: Annotated[
        list[Path] | None, typer.Option(help="Table <variant>-quality.csv of `sweep`.")
    ] = None,
    selectivity: Annotated[
        list[Path] | None, typer.Option(help="Arrays of `selectivity`, its tables beside them.")
    ] = None,
    onsets: Annotated[Path | None, typer.Option(help="Onsets of the clips (.zarr.zip).")] = None,
) -> None:
    r"""What the tables say to each claim of the paper: reproduced, not reproduced, undecided.

    Example:
    spiking-music evaluate claims --config config.yaml --evaluation rvq.csv \
        --evaluation free.csv --out claims.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.EvaluationConfig)

    from spiking_music.evaluation import claim_tables

    sources = claim_tables.Sources(
        evaluation, storage or [], coded or [], controlled or [], selectivity or [], onsets
    )
    claim_tables.claims(sources, out, settings.bootstrap, configuration.seed(raw))


VERBS = (storage_cost, entropy_cost, selectivity, tuning, compare_selectivity, summary, claims)
