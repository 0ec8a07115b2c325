"""The command line: a verb for each rule of the workflow, the same by hand, in a test, anywhere.

Verbs only translate arguments; the rooms of the library do the work and are imported when a verb
runs, so that `--help` answers at once, and a mistake is told at once: see `guard`.
"""

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from spiking_music import utf8
from spiking_music.cli import (
    codec,
    collecting,
    data,
    efficiency,
    evaluation,
    events,
    figures,
    front_page,
    listening,
    plan,
    probes,
    provenance,
    ratings,
    status,
    streams,
    tables,
    training,
)
from spiking_music.cli.guard import Verb, documented, guarded
from spiking_music.errors import SpikingMusicError
from spiking_music.provenance import recorded
from spiking_music.reasons import sentence

NAME = "spiking-music"
FEW = 50_000  # new objects between searches for garbage, which imports are full of but make none
COMPLETE = "_SPIKING_MUSIC_COMPLETE"  # set by a shell that asks what may follow
GROUPS = {
    "codec": ("Recordings to .spk streams and back.", (*codec.VERBS, *events.VERBS)),
    "data": ("Recordings to clips and onsets.", data.VERBS),
    "train": ("Clips to weights.", training.VERBS),
    "evaluate": (
        "Weights to codes, and codes to tables.",
        (*evaluation.VERBS, *tables.VERBS, *probes.VERBS),
    ),
    "listen": (
        "Pages of sounds, and ratings.",
        (*listening.VERBS, *collecting.VERBS, *ratings.VERBS),
    ),
    "figure": (
        "Tables to pictures, as PNG, SVG and PDF, and to a page.",
        (*figures.VERBS, *front_page.VERBS),
    ),
}


class _Listen(TyperGroup):
    """The group `listen`, in which the name of a file stands for the page of a recording."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in self.commands and not name.startswith("-") and Path(name).suffix:
            args = ["recording-page", *args]
        return super().resolve_command(ctx, args)


def _group(
    verbs: Iterable[Verb],
    text: str,
    completion: bool = False,
    kind: type[TyperGroup] = TyperGroup,
) -> typer.Typer:
    """A group of verbs, each with its checks and its help."""
    group = typer.Typer(
        cls=kind,
        no_args_is_help=True,
        add_completion=completion,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help=text,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for verb in verbs:
        about, example = documented(verb)
        group.command(help=about, epilog=example)(guarded(verb))
    return group


app = _group(
    (
        *codec.SHORT,
        *events.VERBS,
        data.table,
        *provenance.VERBS,
        *plan.VERBS,
        *status.VERBS,
        *efficiency.VERBS,
    ),
    "Event-based compression of piano music: train, compare, measure and publish codecs.",
    completion=True,
)
for name, (text, verbs) in GROUPS.items():
    kind = _Listen if name == "listen" else TyperGroup
    app.add_typer(_group(verbs, text, kind=kind), name=name)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # here, as it takes time

        print(f"{NAME} {version(NAME)}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Options of the command itself."""


def main() -> None:
    """Run the command line; expected failures become one sentence on stderr and exit code 1."""
    gc.set_threshold(FEW)
    utf8.require()
    threading.excepthook = _thread_failed
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # by nohup
            signal.signal(number, _stopped)
    streams.make_ready()
    code = _run(sys.argv[1:])
    if code:
        streams.abandon()
    gc.freeze()  # the end of the process frees all at once
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    """The exit code of a call: 1 after a failure, 2 where it was not understood, 130 on Ctrl-C."""
    try:
        if COMPLETE in os.environ:
            app(prog_name=NAME)
        with recorded(arguments):
            code = app(standalone_mode=False, prog_name=NAME)
            sys.stdout.flush()
            sys.exit(code or 0)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except SpikingMusicError as error:
        return _say(str(error))
    except TyperException as error:
        return _say(_usage(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return 128 + signal.SIGINT
    except BrokenPipeError:  # `| head`, which has seen enough
        return 1
    except OSError as error:  # of reading: `files.writing` has put the others into words
        return _say(sentence("use", error.filename, error))
    except UnicodeError as error:
        return _say(f"a text or a name is of another encoding ({error}): correct it")
    except (MemoryError, RuntimeError) as error:
        said = str(error)  # by PyTorch, of a GPU or of the machine
        torch_said = "out of memory" in said or "can't allocate memory" in said
        if not isinstance(error, MemoryError) and not torch_said:
            raise
        return _say("memory is used up: close other programs, or work on less at a time")


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is None or "\n" in message:  # a help text
        return message
    return f"{message.rstrip('.')}: see '{context.command_path} --help'"


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """Let TensorBoard's thread die of a full disk in silence: its next call raises the same."""
    if not isinstance(failure.exc_value, OSError):
        threading.__excepthook__(failure)


def _stopped(number: int, _: FrameType | None) -> None:
    """End as after an error, so that half-written files are deleted, however often it is asked."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def _say(message: str, code: int = 1) -> int:
    """Tell why the call failed. Names of files may hold anything, line ends included."""
    if not message.startswith("Usage:"):
        message = "error: " + "".join(map(_printable, message))
    with suppress(OSError):  # the exit code tells
        print(message, file=sys.stderr, flush=True)
    return code


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]
