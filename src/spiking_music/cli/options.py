"""Arguments that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli.targets import Reads, Unchecked, Writes

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
EntropyTables = Annotated[Path, typer.Option("--tables", help="Tables that `train entropy` wrote.")]
