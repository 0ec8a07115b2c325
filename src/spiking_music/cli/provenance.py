"""Verb that tells what made a result."""

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


VERBS = (provenance,)
