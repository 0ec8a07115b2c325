"""Whatever a verb is aimed at, nothing that was there is lost, and refusals come at once."""

import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
import typer
from matplotlib.figure import Figure

from spiking_music import cli
from tests.cli.calls import CALLS, WRONG, WRONG_EVENTS, WRONG_SECTIONS, aimed, sources, targets
from tests.codec.conftest import music

AIMS = {  # name: path as given from `work/`
    "non-empty folder": "../full",
    "own source": None,
    "its folder": "../source",
    "working directory": ".",
    "its parent": "..",
    "link to a folder": "../links/full",
    "link to the source": "../links/source-file",
    "link to its folder": "../links/source",
    "link to the working directory": "../links/work",
    "link to its parent": "../links/parent",
    "dangling link": "../links/nowhere",
    "read-only folder": "../locked/",
    "device": "../null",
    "pipe": "../pipe",
    "long name": "../full/",
    "too long a name": "../full/",
}
HEADS = {  # how files begin, by their endings
    ".spk": b"\x89SPK",
    ".wav": b"RIFF....WAVE",
    ".h5": b"\x89HDF",
    ".npz": b"PK",
    ".zip": b"PK",
    ".safetensors": b"........{",
    ".png": b"\x89PNG",
    ".html": b"<!doctype html>",
    ".json": b"{}",
    ".csv": b"step,loss\n",
}
CASES = [
    pytest.param(verb, number, target, id=f"{verb} {number} {target}")
    for verb, calls in CALLS.items()
    for number, words in enumerate(calls)
    for target in targets(words)
]


def verbs(app: typer.Typer, before: str = "") -> Iterator[str]:
    """The names of all verbs, those of groups behind the name of the group."""
    for command in app.registered_commands:
        assert command.callback is not None
        yield before + (command.name or command.callback.__name__.replace("_", "-"))
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from verbs(group.typer_instance, f"{before}{group.name} ")


def test_every_verb_has_a_call_here() -> None:
    twice = {
        *(f"codec {verb}" for verb in ("encode", "decode", "events", "info")),
        "table",
    }  # at the top and in a group
    assert set(verbs(cli.app)) == {*CALLS, *twice}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the calls are aimed at."""
    root = tmp_path_factory.mktemp("tree")
    for name in ("source", "full", "work", "work/fresh", "links", "locked"):
        (root / name).mkdir()
    for calls in CALLS.values():
        for words in calls:
            for path in sources(words):
                (root / "work" / path).write_text(f"not really {path.name}")
    soundfile.write(root / "source" / "a.wav", music(0.3), 22050)
    (root / "full" / "mine.txt").write_text("mine")
    (root / "full" / "deep").mkdir()
    (root / "work" / "notes.txt").write_text("mine")
    links = {"full": "full", "source": "source", "work": "work", "parent": "", "nowhere": "none"}
    for name, place in links.items():
        (root / "links" / name).symlink_to(root / place)
    os.mkfifo(root / "pipe")
    if os.geteuid() == 0:
        os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (root / "locked").chmod(0o555)
    locked = root / "locked"
    held = os.geteuid() != 0 or not subprocess.run(["chattr", "+i", locked]).returncode
    if not held:
        locked.rmdir()
    yield root
    if held and os.geteuid() == 0:
        subprocess.run(["chattr", "-i", locked], check=True)


def state(root: Path) -> dict[str, str]:
    """Every file, folder, link and device below `root`, by what it is and holds."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        about = f"{stat.S_IFMT(mode):o}"
        if path.is_symlink():
            about += f" {path.readlink()}"
        elif path.is_file():
            about += hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(root))] = about
    return found


def sketched(figure: Figure, path: Path, **_: object) -> None:
    path.write_bytes(b"a figure")


@pytest.fixture
def run(tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Makes a call in `work/` → (exit code, stderr, what was lost or changed, what is new)."""
    monkeypatch.chdir(tree / "work")
    monkeypatch.setattr(Figure, "savefig", sketched)  # where a figure goes matters, and not what

    def call(words: list[str]) -> tuple[int, str, set[str], set[str]]:
        before = state(tree)
        monkeypatch.setattr(sys, "argv", ["spiking-music", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        after = state(tree)
        lost = {name for name in before if after.get(name) != before[name]}
        new = {name for name in after if name not in before}
        for name in sorted(new, reverse=True):
            path = tree / name
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        return int(end.value.code or 0), capsys.readouterr().err, lost, new

    return call


def place(aim: str, target: str, words: list[str], tree: Path) -> str:
    """The path to aim at."""
    suffix = "".join(Path(target).suffixes)
    if aim == "own source":
        return str(sources(words)[0]) if sources(words) else "notes.txt"
    if aim == "link to the source":
        link = tree / "links" / "source-file"
        link.unlink(missing_ok=True)
        link.symlink_to(tree / "work" / place("own source", target, words, tree))
    if aim in ("long name", "too long a name"):
        beside = 20 if target.startswith(("beside", "stem")) else 0  # which have longer names
        length = 250 - beside if aim == "long name" else 256
        return AIMS[aim] + "n" * (length - len(suffix)) + suffix
    path = str(AIMS[aim])
    return f"{path}out{suffix}" if path.endswith("/") else path


@pytest.fixture
def reader(tree: Path) -> Iterator[None]:
    """Somebody who reads from the pipe all the time."""
    pipe = os.open(tree / "pipe", os.O_RDWR)  # so that it never ends
    stopped = threading.Event()

    def read() -> None:
        while not stopped.is_set():
            os.read(pipe, 65536)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    yield
    stopped.set()
    os.write(pipe, b"end")
    thread.join()
    os.close(pipe)


@pytest.mark.parametrize(("verb", "number", "target"), CASES)
def test_nothing_that_was_there_is_lost_even_with_force(
    run, reader: None, tree: Path, verb: str, number: int, target: str
) -> None:
    words = CALLS[verb][number]
    for aim in AIMS:
        if aim == "device" and not (tree / "null").exists():
            continue  # which only root can make
        if aim == "read-only folder" and not (tree / "locked").exists():
            continue  # for root, only where the file system has such folders
        at = place(aim, target, words, tree)
        code, said, lost, new = run([*aimed(words, target, at), "--force"])
        assert not lost, f"{aim}: {lost} changed: {said}"
        assert "Traceback" not in said
        if code:
            new -= {name for name in new if name.startswith("work/cache")}  # a download goes on
            assert said.count("error: ") == 1 and not new, f"{aim}: {new}: {said}"
        if aim == "too long a name" or (aim == "read-only folder"):
            assert code == 1, aim


SCRIPT = """
import json, sys
from spiking_music import cli

for words in json.load(sys.stdin):
    sys.argv = ["spiking-music", *words]
    try:
        cli.main()
    except SystemExit as end:
        print(json.dumps([words, end.code, "torch" in sys.modules]), file=sys.__stdout__)
"""


def test_refusals_come_before_torch_is_imported(tree: Path) -> None:
    calls = [
        [word.replace("../source", "../gone") for word in aimed(words, "", "")]
        for several in CALLS.values()
        for words in several
        if sources(words)
    ]
    calls += [
        aimed(words, target, "../full/mine.txt")
        for several in CALLS.values()
        for words in several
        for target in targets(words)
        if not target.startswith(("tree", "stem"))
    ]
    calls += [["encode", "../source/a.wav", "fresh/x.spk", *bad] for bad in WRONG]
    calls += [["decode", "../source/a.spk", "fresh/x.wav", *bad] for bad in WRONG_SECTIONS]
    wrong = [*WRONG[:-2], *WRONG_SECTIONS, *WRONG_EVENTS]
    calls += [["events", "../source/a.wav", "fresh/x.csv", *bad] for bad in wrong]
    calls += [["events", "../source/a.wav", "fresh/x.txt"]]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        cwd=tree / "work",
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(calls), done.stderr
    for words, code, slow in told:
        assert code in (1, 2) and not slow, words
    assert done.stderr.count("error: ") == len(done.stderr.splitlines()) == len(calls)


@pytest.mark.parametrize(("verb", "number", "target"), CASES)
def test_a_file_of_its_kind_is_replaced_only_with_force(
    run, tree: Path, verb: str, number: int, target: str
) -> None:
    words = CALLS[verb][number]
    if target.startswith(("tree", "folder")):
        return
    path = f"../full/out{''.join(Path(target).suffixes)}"
    old = tree / "work" / (f"{path}.png" if target == "stem" else path)
    old.write_bytes(HEADS[old.suffix])
    code, said, lost, _ = run(aimed(words, target, path))
    assert code == 1 and not lost and "exists: give --force to replace it" in said
    old.write_bytes(b"\0 of another program")
    code, said, lost, _ = run([*aimed(words, target, path), "--force"])
    assert code == 1 and not lost and "exists and is no " in said
    old.write_bytes(HEADS[old.suffix])
    old.chmod(0o444)
    code, said, lost, _ = run([*aimed(words, target, path), "--force"])
    assert code == 1 and not lost and "is read-only: make it writable" in said
    old.unlink()
    code, said, lost, new = run(aimed(words, target, f"../full/new{old.suffix}/"))
    assert code == 1 and not lost and not new and "is named as a folder, but a file" in said
