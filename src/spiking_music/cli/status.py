"""The verb that looks at a run from anywhere."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli.targets import Reads


def status(
    results: Annotated[Path, typer.Argument(help="Folder results/<dataset>."), Reads("folder")],
) -> None:
    """Say how far the trainings of a data set are, from their logs alone.

    Example:
    spiking-music status results/demo
    """
    from spiking_music.workflow.status import describe

    print(describe(results), end="")


VERBS = (status,)
