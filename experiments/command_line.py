"""What the command lines of several experiments share: options, and how a mistake ends them."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from spiking_music.errors import SpikingMusicError

LEVELS = [0, 10, 16]  # of tables by level μ


def parser(text: str, out: str) -> ArgumentParser:
    """One that says the first line of `text`; `--out` is, if not given, in results/experiments."""
    made = ArgumentParser(description=text.splitlines()[0])
    default = Path("results/experiments") / out
    made.add_argument("--out", type=Path, default=default, help="what is written")
    return made


def add_recordings(made: ArgumentParser) -> None:
    """Data sets."""
    made.add_argument("folders", nargs="+", type=Path, help="recordings and their metadata.csv")


def add_coding(made: ArgumentParser, split: str) -> None:
    """Data sets, and a model that codes some clips of a split of them."""
    add_recordings(made)
    add_model(made)
    made.add_argument("--split", default=split, help="that is measured")
    made.add_argument("--every", type=int, default=1, help="one clip of so many")
    made.add_argument("--level", nargs="+", type=int, default=LEVELS, help="μ")


def add_model(made: ArgumentParser) -> None:
    """One model."""
    made.add_argument("--model", type=Path, help="model folder, else the package's")


def run(main: Callable[[], None]) -> None:
    """Call `main`; a mistake of the user's is one sentence on stderr, and exit code 1."""
    try:
        main()
    except SpikingMusicError as error:
        sys.exit(f"error: {error}")
