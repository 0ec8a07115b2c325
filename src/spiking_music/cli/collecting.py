"""Verbs of `listen`: a server that collects the ratings of a crowd, and what it has collected."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Configs, Out
from spiking_music.cli.targets import Reads, Unchecked, Writes
from spiking_music.extras import needed


def collect(
    stimuli: Annotated[
        Path,
        typer.Option(help="Manifest of the stimuli (manifest.json) of the page."),
    ],
    config: Configs,
    database: Annotated[
        Path, typer.Option(help="SQLite file; one of the same test is continued."), Unchecked()
    ],
    page: Annotated[
        Path | None,
        typer.Option(help="Folder of the test, to be served, too."),
        Reads(kind="folder"),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 is all of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    r"""Collect the ratings of a listening test that many take at once, in a database.

    Example:
    spiking-music listen collect --stimuli stimuli/manifest.json --config config.yaml \
        --page test --database ratings.sqlite --port 8000
    """
    settings = configuration.section(configuration.read(config), configuration.PageConfig)

    with needed("'listen collect'", "collector"):
        from spiking_music.listening.collector.server import collect as serve

    serve(stimuli, settings, database, page, host, port)


def collected(
    database: Annotated[Path, typer.Argument(help="Database of `listen collect`.")],
    out: Annotated[Out, Writes((".csv",))],
) -> None:
    """Write what has been collected as a table of ratings, while the server runs or afterwards.

    Example:
    spiking-music listen collected ratings.sqlite --out ratings/collected.csv
    """
    from spiking_music.listening.collector.export import export

    print(export(database, out), file=sys.stderr)


VERBS = (collect, collected)
