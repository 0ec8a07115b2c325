"""The verb that tells what steps used of what they asked for."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli.targets import Reads, Unchecked, Writes


def efficiency(
    results: Annotated[Path, typer.Argument(help="Folder results/<dataset>."), Reads("folder")],
    notes: Annotated[
        Path | None,
        typer.Option(help="What the SLURM executor noted, if it ran; without: its usual file."),
        Unchecked(),
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="Sum up the steps of this rule; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Table to write besides, .csv."), Writes((".csv",))
    ] = None,
) -> None:
    """Say what the steps of a run used of the cores, memory and GPUs that they asked for.

    Example:
    spiking-music efficiency results/demo
    """
    from spiking_music.workflow.efficiency import NOTES, write

    usual = results.parent / "slurm-logs" / NOTES
    print(write(results, notes or usual, rule or [], out), end="")


VERBS = (efficiency,)
