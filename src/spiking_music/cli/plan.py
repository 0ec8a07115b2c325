"""The verb that tells what a run would cost."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli.targets import Unchecked


def plan(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Files or rules; without: what `all` makes.")
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option(help="Profile of the workflow; may be repeated.")
    ] = None,
    configfile: Annotated[
        list[Path] | None,
        typer.Option(help="File laid over config.yaml; may be repeated."),
        Unchecked(),
    ] = None,
) -> None:
    """Tell how much a run of the workflow would cost, before anything is submitted.

    Jobs, core-hours, GPU-hours, bytes and the longest chain, from the benchmarks of earlier runs,
    or estimated. Run it in a clone. Without --profile it is that of SLURM.

    Example:
    spiking-music plan --configfile config/experiments/paper.yaml
    """
    from spiking_music.extras import needed

    with needed("'plan'"):
        import snakemake  # noqa: F401

        from spiking_music.workflow.dry_run import notes
        from spiking_music.workflow.forecast import forecast
    print(forecast(notes(targets or [], profile or ["slurm"], configfile or [])).describe(), end="")


VERBS = (plan,)
