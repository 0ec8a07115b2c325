"""Standard streams that may be closed, full, gone, or of few characters."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, NoReturn

from spiking_music.errors import OutputError
from spiking_music.overwriting import is_read
from spiking_music.reasons import sentence

OUTPUT = "standard output"
BLOCKS = "▁⣿"  # of the bars and pictures that `info` draws


class _Output(io.FileIO):
    """Standard output that says in one sentence, and once, why it cannot be written."""

    given_up = False

    def write(self, data: Any, /) -> int:
        if self.given_up:
            return memoryview(data).nbytes
        try:
            return super().write(data) or 0
        except BrokenPipeError:  # `| head`, which has seen enough
            raise
        except OSError as error:
            raise OutputError(sentence("write", OUTPUT, error)) from error


class _ClosedInput(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> NoReturn:
        raise OutputError("standard input is closed: give it a file or a pipe")


def make_ready() -> None:
    """Put something in the place of closed streams, and let no character stop a message.

    Their numbers are taken, or the next file that is opened would get one, and with it the messages
    that are meant for the terminal. What stands for standard output cannot be written, either.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_ClosedInput()))
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 (the exit code tells)
    if sys.stdout is sys.__stdout__:  # no test's
        old: Any = sys.stdout
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_Output(1, "w", closefd=False)),
            encoding=old.encoding if old else None,
            line_buffering=bool(old and old.line_buffering),
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def abandon() -> None:
    """Drop what is left of standard output, which Python would try to write once more."""
    if isinstance(raw := getattr(getattr(sys.stdout, "buffer", None), "raw", None), _Output):
        raw.given_up = True
        with suppress(OSError):
            sys.stdout.flush()


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """The bytes of standard output; `OutputError` where it is closed or full."""
    yield sys.stdout.buffer
    sys.stdout.flush()


def require_output() -> None:
    """`OutputError` where standard output is a file that the call reads."""
    with suppress(OSError, ValueError):  # of a test's, which has no number
        if is_read(os.fstat(sys.stdout.fileno())):
            raise OutputError(f"{OUTPUT} is a file that this command reads: name another one")


def shows_blocks() -> bool:
    """Whether standard output can show the bars and pictures of `info`."""
    try:
        BLOCKS.encode(sys.stdout.encoding or "ascii")
    except UnicodeError:
        return False
    return True
