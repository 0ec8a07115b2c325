"""The verb that puts all results on one page."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Configs, Out
from spiking_music.cli.targets import Writes


def front_page(
    config: Configs,
    summary: Annotated[Path, typer.Option(help="Table of `evaluate summary` (.csv).")],
    claims: Annotated[Path, typer.Option(help="Table of `evaluate claims` (.csv).")],
    stimuli: Annotated[Path, typer.Option(help="Manifest of `listen stimuli` (manifest.json).")],
    figure: Annotated[list[Path], typer.Option(help="A figure (.png); repeat it in their order.")],
    caption: Annotated[list[Path], typer.Option(help="Its caption (.rst), one for each figure.")],
    out: Annotated[Out, Writes((".html",))],
) -> None:
    r"""Put the results of a data set on one page: table, sounds, figures, claims.

    Example:
    spiking-music figure front-page --config config.yaml --summary summary.csv \
        --claims claims.csv --stimuli listen/stimuli/manifest.json --figure figures/clips.png \
        --caption report/clips.rst --out index.html
    """
    raw = configuration.read(config)

    from spiking_music.front_page.build import Sources, build

    build(Sources(summary, claims, figure, caption, stimuli), raw, out)


VERBS = (front_page,)
