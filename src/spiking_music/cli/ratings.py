"""Verbs of `listen`: results of listeners → tables."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from spiking_music.cli import configuration
from spiking_music.cli.options import Configs, Out
from spiking_music.cli.targets import Writes, WritesFolder
from spiking_music.errors import ConfigError

Method = Literal["mushra", "mos", "dcr", "ab", "abx"]
PowerMethod = Literal["mushra", "ab", "abx"]
Folder = Annotated[
    Path,
    typer.Option("--out", help="Folder to write; one that the same verb wrote is replaced."),
    WritesFolder(),
]


def ratings(
    config: Configs,
    out: Folder,
    results: Annotated[
        list[Path] | None, typer.Argument(help="Result files of the page (.csv).")
    ] = None,
) -> None:
    """Screen listeners and compare systems by their ratings.

    Example:
    spiking-music listen ratings anna.csv ben.csv --config config.yaml --out ratings
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.RatingsConfig)

    from spiking_music.listening.ratings import listeners_ratings

    listeners_ratings(results or [], out, settings, configuration.seed(raw))


def objective_ratings(
    config: Configs,
    system: Annotated[list[str], typer.Option(help="Name of a system; repeat it.")],
    evaluation: Annotated[
        list[Path], typer.Option(help="Table of `evaluate variant` of each, in order.")
    ],
    out: Folder,
) -> None:
    r"""Compare systems by ViSQOL and Zimtohrli, before anybody has listened.

    Example:
    spiking-music listen objective-ratings --config config.yaml --system free --system rvq \
        --evaluation free.csv --evaluation rvq.csv --out ratings
    """
    if len(system) != len(evaluation):
        raise ConfigError("give as many --evaluation as --system")
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.RatingsConfig)

    from spiking_music.listening import ratings as room

    tables = dict(zip(system, evaluation, strict=True))
    room.objective_ratings(tables, out, settings, configuration.seed(raw))


def choices(
    config: Configs,
    out: Folder,
    results: Annotated[
        list[Path] | None, typer.Argument(help="Result files of the page (.csv).")
    ] = None,
) -> None:
    """Say what listeners of an AB or ABX test prefer, or tell apart.

    Example:
    spiking-music listen choices anna.csv ben.csv --config config.yaml --out choices
    """
    settings = configuration.section(configuration.read(config), configuration.RatingsConfig)

    from spiking_music.listening.choices import choices_tables

    choices_tables(results or [], out, settings)


def simulate_listeners(
    config: Configs,
    out: Folder,
    method: Annotated[Method, typer.Option(help="Kind of the test.")] = "mushra",
) -> None:
    """Write result files of listeners that do not exist, to try out what is made of ratings.

    Example:
    spiking-music listen simulate-listeners --config config.yaml --method abx --out simulated
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.SimulatedConfig)

    from spiking_music.listening.simulated import write_simulated

    write_simulated(settings, out, configuration.seed(raw), method)


def power(
    config: Configs,
    out: Annotated[Out, Writes((".csv",))],
    method: Annotated[PowerMethod, typer.Option(help="Kind of the test.")] = "mushra",
) -> None:
    """Estimate how many listeners a test needs to find a difference.

    By simulated listeners, or exactly where they choose (ab, abx).

    Example:
    spiking-music listen power --config config.yaml --method abx --out power.csv
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.PowerConfig)
    simulated = configuration.section(raw, configuration.SimulatedConfig)
    ratings = configuration.section(raw, configuration.RatingsConfig)

    if method != "mushra":
        page = configuration.section(raw, configuration.PageConfig)

        from spiking_music.listening.power_choices import write_power as write_exact

        write_exact(settings, simulated, page, method, ratings.level, out)
        return

    from spiking_music.listening.power import write_power

    write_power(settings, simulated, ratings.level, out, configuration.seed(raw))


VERBS = (ratings, choices, objective_ratings, simulate_listeners, power)
