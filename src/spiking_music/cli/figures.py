"""Verbs of `figure`: tables → pictures. `--out` is the path without its ending."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Configs
from spiking_music.cli.targets import Reads, Writes
from spiking_music.errors import ConfigError

Variants = Annotated[
    list[str],
    typer.Option("--variant", help="Name of a variant; repeat it in the order of the files."),
]
Files = Annotated[list[Path], typer.Option(help="One file a variant, in order.")]
Stem = Annotated[
    Path,
    typer.Option("--out", help="Path of the figure without its ending."),
    Writes(beside=("{}.png", "{}.svg", "{}.pdf"), stem=True),
]


def _named(variants: Sequence[str], files: Sequence[Path]) -> dict[str, Path]:
    if len(variants) != len(files):
        raise ConfigError(f"{len(variants)} variants are named, but {len(files)} files are given")
    return dict(zip(variants, files, strict=True))


def storage(config: Configs, out: Stem) -> None:
    """Figure 1: what an event matrix costs in each format.

    Example:
    spiking-music figure storage --config config.yaml --out storage
    """
    settings = configuration.section(configuration.read(config), configuration.FiguresConfig)

    from spiking_music.figures.storage import draw

    draw(settings.storage_units, settings.storage_steps, out)


def rate_quality(
    summary: Annotated[Path, typer.Option(help="Table of `evaluate summary`.")],
    variant: Variants,
    evaluation: Files,
    coded: Files,
    out: Stem,
) -> None:
    r"""Bit rate against quality, a point a variant, with intervals and clips.

    Example:
    spiking-music figure rate-quality --summary summary.csv --variant free \
        --evaluation quality.csv --coded coded.csv --out rate-quality
    """
    from spiking_music.figures.rate_quality import draw

    draw(summary, _named(variant, evaluation), _named(variant, coded), out, published=True)


def operations(
    summary: Annotated[Path, typer.Option(help="Table of `evaluate summary`.")], out: Stem
) -> None:
    """Quality against the operations of a second of audio, to encode and to decode.

    Example:
    spiking-music figure operations --summary summary.csv --out operations
    """
    from spiking_music.figures.operations import draw

    draw(summary, out)


def rate_sweep(
    config: Configs,
    sweep: Annotated[
        Path,
        typer.Option(help="Table of `evaluate sweep`; the others lie beside it."),
        Reads(beside=(".npz",)),
    ],
    variant: Variants,
    evaluation: Files,
    coded: Files,
    out: Stem,
) -> None:
    r"""Figure 4: what the level trades, clip by clip, and the events at some levels.

    Example:
    spiking-music figure rate-sweep --config config.yaml --sweep sweep.csv --variant free \
        --evaluation quality.csv --coded coded.csv --out rate-sweep
    """
    raw = configuration.read(config)
    bound_db = configuration.section(raw, configuration.EvaluationConfig).bound_db
    shown = configuration.section(raw, configuration.FiguresConfig).matrices
    tables = _named(variant, evaluation), _named(variant, coded)
    quality = sweep.with_name(f"{sweep.stem}-quality.csv")

    from spiking_music.figures.rate_sweep import Sweep, draw

    swept = Sweep(sweep, quality, sweep.with_suffix(".npz"))
    draw(swept, *tables, out, bound_db, shown)


def selectivity(variant: Variants, arrays: Files, out: Stem) -> None:
    r"""Figure 5: correlation of events and notes, and the units closest to A2.

    Example:
    spiking-music figure selectivity --variant free --arrays selectivity.npz \
        --out selectivity
    """
    from spiking_music.figures.selectivity import draw

    draw(_named(variant, arrays), out)


def listening(
    config: Configs,
    tables: Annotated[
        Path,
        typer.Option(help="Folder of `listen ratings` or `listen objective-ratings`."),
        Reads("folder"),
    ],
    out: Stem,
) -> None:
    """Figure 3: scores of the systems, and what won against what.

    Example:
    spiking-music figure listening --config config.yaml --tables ratings --out listening
    """
    from spiking_music.figures.listening import draw

    draw(
        tables,
        out,
        configuration.section(configuration.read(config), configuration.RatingsConfig).level,
    )


def probe(
    label: Annotated[str, typer.Argument(help="What was probed for.")],
    table: Annotated[list[Path], typer.Option(help="Tables of `evaluate probe`, one a variant.")],
    confusion: Annotated[list[Path], typer.Option(help="Confusions of the same.")],
    out: Stem,
) -> None:
    r"""What probes tell of a label: accuracies with intervals, and confusion matrices.

    Example:
    spiking-music figure probe composer --table free.csv --confusion free-confusion.csv \
        --out composer
    """
    from spiking_music.figures.probes import draw

    draw(label, table, confusion, out)


def training(variant: Variants, log: Files, out: Stem) -> None:
    """Training curves of all variants.

    Example:
    spiking-music figure training --variant free --log log.csv --out training
    """
    from spiking_music.figures.training_curves import draw

    draw(_named(variant, log), out)


def architecture(
    table: Annotated[Path, typer.Option(help="Table of `evaluate architecture`.")], out: Stem
) -> None:
    """Figure 2: blocks, shapes, parameters and compute of a variant.

    Example:
    spiking-music figure architecture --table free.csv --out architecture
    """
    from spiking_music.figures.architecture import draw

    draw(table, out)


def models(variant: Variants, table: Files, out: Stem) -> None:
    r"""Figure 2 as one sketch of all variants: encoders, bottlenecks, decoders.

    Example:
    spiking-music figure models --variant rvq --table rvq.csv --variant free --table free.csv \
        --out models
    """
    from spiking_music.figures.models import draw

    draw(_named(variant, table), out)


def clips(
    excerpts: Annotated[Path, typer.Option(help="Arrays of `evaluate excerpts` (.npz).")], out: Stem
) -> None:
    """Spectrograms, reconstructions and events of a few clips on one page.

    Example:
    spiking-music figure clips --excerpts excerpts.npz --out clips
    """
    from spiking_music.figures.clips_page import draw

    draw(excerpts, out)


VERBS = (
    storage,
    models,
    architecture,
    rate_quality,
    operations,
    rate_sweep,
    selectivity,
    listening,
    probe,
    training,
    clips,
)
