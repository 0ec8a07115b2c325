"""The command line: a verb for each rule of the workflow, the same by hand, in a test, anywhere.

Verbs only translate arguments; the rooms of the library do the work and are imported when a verb
runs, so that `--help` answers at once.
"""

import signal
import sys
import threading
from types import FrameType

import typer

from spiking_music import utf8
from spiking_music.cli import (
    codec,
    dataset,
    evaluation,
    figures,
    listening,
    probes,
    provenance,
    ratings,
    training,
)
from spiking_music.errors import SpikingMusicError
from spiking_music.provenance import recorded

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Event-based compression of piano music: train, compare, measure and publish codecs.",
)
for room in (codec, dataset, training, evaluation, probes, listening, ratings, provenance):
    for verb in room.VERBS:
        app.command()(verb)
app.add_typer(figures.app, name="figure")


def main() -> None:
    """Run the command line; expected failures become one sentence on stderr and exit code 1."""
    utf8.require()
    threading.excepthook = _thread_failed
    signal.signal(signal.SIGTERM, _stopped)
    try:
        with recorded(sys.argv[1:]):
            app()
    except SpikingMusicError as error:
        _fail(str(error))
    except OSError as error:  # of reading: `files.writing` has put the others into words
        name = f"'{error.filename}'" if error.filename else "a file"
        _fail(f"cannot use {name} ({error.strerror or error}): check its path and permissions")


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """Let TensorBoard's thread die of a full disk in silence: its next call raises the same."""
    if not isinstance(failure.exc_value, OSError):
        threading.__excepthook__(failure)


def _stopped(number: int, _: FrameType | None) -> None:
    """End as after an error, so that half-written files are deleted."""
    sys.exit(128 + number)


def _fail(sentence: str) -> None:
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)
