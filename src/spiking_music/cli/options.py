"""Arguments that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli.targets import Reads, ReadsModel, Unchecked, Writes

Paths = Annotated[
    list[Path],
    typer.Argument(help="Source and target; or, with --out, sources. - is standard input/output."),
    Unchecked(),
]
Folder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder for the results of all that is named."),
    Unchecked(),
]
Model = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Model folder or weights file, or the package's rvq, free, sparse or mu-sparse; else"
        " its MDCT codec.",
    ),
    ReadsModel(),
]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, …")]
Level = Annotated[
    int | None, typer.Option(min=0, help="μ of a model with levels; higher is sparser.")
]
Kbps = Annotated[
    float | None, typer.Option(help="The best levels with which the stream keeps to this rate.")
]
MinSiSnr = Annotated[
    float | None,
    typer.Option("--min-si-snr", help="The sparsest level of each block above this, in dB."),
]
Start = Annotated[float, typer.Option(help="Seconds to skip.")]
Duration = Annotated[float | None, typer.Option(help="Seconds to decode or to write.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes, if there are several files.")]
Configs = Annotated[
    list[str],
    typer.Option(
        "--config",
        help="YAML file, or sections as inline JSON; repeat it to overlay one with the next.",
    ),
]
Performances = Annotated[Path, typer.Option(help="Table that `data index` wrote.")]
Root = Annotated[
    Path, typer.Option(help="Folder that the file names in it start from."), Unchecked()
]
Shard = Annotated[int, typer.Option(min=0)]
Out = Annotated[Path, typer.Option(help="File to write."), Writes()]  # a verb adds its endings
Clips = Annotated[list[Path], typer.Argument(help="Clip shards (.h5)."), Reads(beside=(".csv",))]
Codes = Annotated[Path, typer.Option(help="Codes that `evaluate codes` wrote (.h5).")]
Tunings = Annotated[
    list[Path] | None,
    typer.Option(help="Tables <variant>.csv of `evaluate tuning`, where notes are known."),
]
EntropyTables = Annotated[Path, typer.Option("--tables", help="Tables that `train entropy` wrote.")]


def by_name(tables: list[Path] | None) -> dict[str, Path]:
    """Tables by the variants that they are named after."""
    return {path.stem: path for path in tables or []}
