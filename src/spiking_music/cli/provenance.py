"""Verbs that tell what made a result, and why two differ."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli.targets import Unchecked


def provenance(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Results; a folder gets a line for each of its files."),
        Unchecked(),
    ],
) -> None:
    """Tell which configuration, data, code, seed, software and hardware made a result.

    Example:
    spiking-music provenance results/demo/summary.csv
    """
    from spiking_music.provenance import describe, list_records

    for path in paths:
        print(list_records(path) if path.is_dir() else describe(path))


def compare(
    first: Annotated[
        Path, typer.Argument(help="Folder of results, such as results/demo."), Unchecked()
    ],
    second: Annotated[Path, typer.Argument(help="Another one, of any machine."), Unchecked()],
) -> None:
    """Tell which results of two runs differ, by how much, and what made the first of them differ.

    Example:
    spiking-music compare results/demo /elsewhere/results/demo
    """
    from spiking_music.provenance.compare import compare as compared

    print(compared(first, second))


VERBS = (provenance, compare)
