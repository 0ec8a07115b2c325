"""Every verb that reads a file, given a malformed one: one sentence, and nothing else happens.

Recordings, MIDI files, tables of data sets and streams, of which many more kinds are known, have
tests of their own: test_bad_input.py, and in tests/audio, tests/cli and tests/codec.
"""

import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import typer

from spiking_music import cli
from spiking_music.cli.guard import notes
from spiking_music.cli.targets import Reads
from tests.conftest import ROOT
from tests.workflow.commands import commands, verb
from tests.workflow.small import VARIANT

RESULTS = Path("results/small")
TARGETS = ("all", f"{RESULTS}/shipped/{VARIANT}/entropy.safetensors")
NOISE = np.random.default_rng(1).bytes(5000)
APP = typer.main.get_command(cli.app)


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


MALFORMED: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "folder": folder,
    "empty": lambda path: path.write_bytes(b""),
    "noise": lambda path: path.write_bytes(NOISE),
    "text": lambda path: path.write_text("not really\n"),
    "cut short": cut,
}


def sources(argv: list[str]) -> Iterator[Path]:
    """The files that a command is known to read."""
    command = APP
    for word in argv[:2]:
        command = command.commands[word]
    given = command.make_context("x", argv[2:]).params
    for name, note in notes(command.callback.__wrapped__).items():
        value = given[name]
        for path in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(note, Reads) and path is not None and path.is_file() and _made(path):
                yield from note.paths(path)


def _made(path: Path) -> bool:
    """Whether it is of the run: captions are of the workflow itself."""
    return not path.resolve().is_relative_to(ROOT)


def state(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder below `root`: which it is, how long, and when it was last changed.

    The time of the last change of anything about a file cannot be set by hand, so that equal ones
    need no look at the bytes.
    """
    found = {str(path.relative_to(root)): path.lstat() for path in root.rglob("*")}
    return {name: (about.st_ino, about.st_size, about.st_ctime_ns) for name, about in found.items()}


@pytest.fixture(scope="module")
def work(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(small, tmp_path_factory.mktemp("malformed") / "run")


@pytest.fixture
def call(work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Makes a call → (exit code, stderr, whether any file has changed)."""
    monkeypatch.chdir(work)
    monkeypatch.setenv("SPIKING_MUSIC_FORCE", "1")  # as in the rules

    def run(argv: list[str]) -> tuple[int, str, bool]:
        before = state(work)
        monkeypatch.setattr(sys, "argv", ["spiking-music", *argv])
        code, raised = 0, ""
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        except Exception:
            raised = traceback.format_exc()
        return code, capsys.readouterr().err + raised, state(work) != before

    return run


def test_one_sentence_and_nothing_written(call, work: Path) -> None:
    wrong, verbs = [], set()
    for argv in commands(work, *TARGETS).values():
        for path in dict.fromkeys(sources(argv)):
            verbs.add(verb(argv))
            for kind, spoil in MALFORMED.items():
                beside = str(path) not in argv  # a table beside a shard, which not all verbs need
                if (kind == "cut short" and path.suffix == ".csv") or (beside and kind != "text"):
                    continue  # shorter tables are tables
                kept = path.with_name(f".kept-{path.name}")
                shutil.copy2(path, kept)
                spoil(path)
                code, told, changed = call(argv)
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                kept.rename(path)
                errors = [line for line in told.splitlines() if line.startswith("error: ")]
                if code == 0 and beside:
                    continue
                if code != 1 or len(errors) != 1 or "Traceback" in told or changed:
                    wrong.append(f"{verb(argv)}, {path}, {kind}: {code} {changed} {told[-300:]}")
    assert not wrong, "\n".join(wrong)
    assert len(verbs) >= 24
