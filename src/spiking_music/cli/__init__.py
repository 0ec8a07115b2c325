"""The command line: a verb for each rule of the workflow, the same by hand, in a test, anywhere.

Verbs only translate arguments; the rooms of the library do the work and are imported when a verb
runs, so that `--help` answers at once.
"""

import errno
import os
import sys

import typer

from spiking_music.cli import dataset, evaluation, figures, training
from spiking_music.errors import SpikingMusicError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Event-based compression of piano music: train, compare, measure and publish codecs.",
)
for room in (dataset, training, evaluation):
    for verb in room.VERBS:
        app.command()(verb)
app.add_typer(figures.app, name="figure")


def main() -> None:
    """Run the command line; expected failures become one sentence on stderr and exit code 1."""
    try:
        app()
    except SpikingMusicError as error:
        _fail(str(error))
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        where = f" '{error.filename}'" if error.filename else ""
        remedy = "; free some space and run again" if error.errno == errno.ENOSPC else ""
        _fail(f"{error.strerror or error}{where}{remedy}")


def _fail(sentence: str) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)
