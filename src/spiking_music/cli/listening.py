"""Verbs of the listening room: sounds → a test for listeners."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music import config as configuration
from spiking_music.cli.options import Configs
from spiking_music.config import PageConfig


def mushra_page(
    manifest: Annotated[Path, typer.Argument(help="Manifest of the stimuli (manifest.json).")],
    config: Configs,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Make the page of a MUSHRA listening test, which opens from disk or any web server."""
    from spiking_music.listening.mushra_page import build

    build(manifest, configuration.section(configuration.read(config), PageConfig), out)


VERBS = (mushra_page,)
