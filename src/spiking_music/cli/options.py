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
Performances = Annotated[Path, typer.Option(help="Catalogue that `catalogue` wrote.")]
Root = Annotated[
    Path, typer.Option(help="Folder that the catalogue's file names start from."), Unchecked()
]
Shard = Annotated[int, typer.Option(min=0)]
Out = Annotated[Path, typer.Option(help="File to write."), Writes()]  # a verb adds its endings
Clips = Annotated[list[Path], typer.Argument(help="Clip shards (.h5)."), Reads(beside=(".csv",))]
