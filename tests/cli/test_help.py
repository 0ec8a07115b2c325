"""Help, version and completion: what a shell and a newcomer ask first."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from spiking_music import __version__, cli

APP = typer.main.get_command(cli.app)
COMMAND = str(Path(sys.executable).parent / "spiking-music")


def verbs(command=APP, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that name each verb."""
    children = getattr(command, "commands", None)
    if children is None:
        yield words
    for name, child in (children or {}).items():
        yield from verbs(child, (*words, name))


def spiking_music(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, env={**os.environ, **environment}
    )


@pytest.mark.parametrize("words", verbs(), ids=" ".join)
def test_every_help_ends_in_an_example_that_the_command_line_understands(words) -> None:
    command = APP
    for word in words:
        command = command.commands[word]
    text = command.get_help(command.make_context("x", ["x"], resilient_parsing=True))
    head, _, example = text.partition("Example:")
    assert head.strip() and example, text
    called = shlex.split(example.replace("\\\n", " "))
    assert called[0] == "spiking-music"
    named = called[1 : 1 + len(words)]
    twice = {"encode", "decode", "events", "info", "table"}  # at the top and in a group
    assert tuple(named) == words or words[-1] in twice
    given = called[called.index(words[-1]) + 1 :]
    command.make_context(words[-1], given)  # raises where an option is unknown or missing


@pytest.mark.parametrize("word", ["-h", "--help"])
@pytest.mark.parametrize("words", [(), ("evaluate",), ("encode",)])
def test_help(words: tuple[str, ...], word: str) -> None:
    done = spiking_music(*words, word)
    assert (
        done.returncode == 0 and done.stdout.startswith("Usage: spiking-music") and not done.stderr
    )


def test_version() -> None:
    done = spiking_music("--version")
    assert (done.returncode, done.stdout) == (0, f"spiking-music {__version__}\n")


def test_a_shell_can_complete() -> None:
    def completed(line: str) -> list[str]:
        words = {"COMP_WORDS": f"spiking-music {line}", "COMP_CWORD": str(line.count(" ") + 1)}
        done = spiking_music(_SPIKING_MUSIC_COMPLETE="complete_bash", **words)
        return done.stdout.split()

    assert completed("enc") == ["encode"]
    assert completed("figure rate-") == ["rate-quality", "rate-sweep"]
    assert "--kbps" in completed("encode --k")
    script = spiking_music(_SPIKING_MUSIC_COMPLETE="source_bash").stdout
    assert "_SPIKING_MUSIC_COMPLETE=complete_bash" in script
