"""Standard streams that are closed, full, gone or of few characters; in processes of their own."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music import cli, load
from spiking_music.reasons import sentence

MUSIC = f"{shlex.quote(sys.executable)} -m spiking_music"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """x.spk, of four seconds of noise, and the noise."""
    place = tmp_path_factory.mktemp("streams")
    noise = np.random.default_rng(0).normal(0, 0.1, 88200).astype(np.float32)
    soundfile.write(place / "a.wav", noise, 22050, subtype="FLOAT")
    (place / "x.spk").write_bytes(load().encode(noise, 22050))
    return place


def shell(folder: Path, line: str, **variables: str) -> tuple[int, bytes, str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    words = ["bash", "-o", "pipefail", "-c", line.replace("MUSIC", MUSIC)]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("MUSIC decode x.spk - >&-", "'standard output' (Bad file descriptor)"),
        ("MUSIC info x.spk >&-", "'standard output' (Bad file descriptor)"),
        ("MUSIC --help >&-", "'standard output' (Bad file descriptor)"),
        ("MUSIC encode - y.spk <&-", "standard input is closed"),
        ("MUSIC info - <&-", "standard input is closed"),
        ("MUSIC decode x.spk - >/dev/full", "'standard output' (No space left on device): free"),
        ("MUSIC info x.spk >/dev/full", "'standard output' (No space left on device): free"),
        ("MUSIC encode a.wav /dev/full", "'/dev/full' (No space left on device): free"),
        ("MUSIC encode - a.spk --force < a.spk", "'a.spk' is read by this command"),
        ("MUSIC encode a.spk - >> a.spk", "standard output is a file that this command reads"),
    ],
)
def test_one_sentence(folder: Path, line: str, says: str) -> None:
    (folder / "a.spk").write_bytes((folder / "x.spk").read_bytes())
    code, _, said = shell(folder, line)
    assert code == 1 and says in said
    assert said.startswith("error: ") and said.count("\n") == 1
    assert (folder / "a.spk").read_bytes() == (folder / "x.spk").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["a.spk", "a.wav", "x.spk"]


def test_a_reader_that_has_seen_enough_ends_it_in_silence(folder: Path) -> None:
    code, out, said = shell(folder, "MUSIC decode x.spk - | head -c 10")
    assert code and len(out) == 10 and said == ""


def test_without_stderr_the_exit_code_tells(folder: Path) -> None:
    code, out, said = shell(folder, "MUSIC info x.spk 2>&-")
    assert code == 0 and b"88200 samples" in out and said == ""
    for line in ("MUSIC encode gone.wav y.spk 2>&-", "MUSIC encode gone.wav y.spk 2>/dev/full"):
        assert shell(folder, line)[0] == 1
    code, out, _ = shell(folder, "MUSIC decode x.spk - >&1 2>&- <&- | wc -c")
    assert code == 0 and int(out) == 44 + 2 * 88200  # no message went into the sound


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
def test_info_on_a_terminal_of_few_characters(folder: Path, encoding: str) -> None:
    name = "ж.spk"
    (folder / name).write_bytes((folder / "x.spk").read_bytes())
    code, out, said = shell(folder, f"MUSIC info {name}", PYTHONIOENCODING=encoding)
    (folder / name).unlink()
    assert code == 0 and said == "" and "88200 samples" in out.decode(encoding)
    shown = encoding == "utf-8"
    assert any("\u2800" < character <= "\u28ff" for character in out.decode(encoding)) == shown
    assert (out.splitlines()[0] == b"\\u0436.spk") != shown


def test_a_device_gets_what_a_file_gets(folder: Path) -> None:
    code, _, said = shell(folder, "MUSIC encode a.wav /dev/stdout > y.spk && cmp x.spk y.spk")
    assert code == 0, said
    code, _, said = shell(folder, "echo more > y.spk; MUSIC encode a.wav /dev/stdout >> y.spk")
    assert (folder / "y.spk").read_bytes() == b"more\n" + (folder / "x.spk").read_bytes()
    (folder / "y.spk").unlink()


@pytest.mark.parametrize(
    ("failure", "code", "says"),
    [
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 1, "error: memory is used up"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), 1, "error: memory is used up"),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), 1, "error: a text or a name"),
        (OSError("no number"), 1, "error: cannot use a file (no number)"),
        (BrokenPipeError(32, "Broken pipe"), 1, ""),
    ],
)
def test_every_end_is_one_sentence_or_none(monkeypatch, capsys, failure, code, says) -> None:
    def fail(**_: object) -> None:
        raise failure

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr().err
    assert end.value.code == code and said.startswith(says) and said.count("\n") == bool(says)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(28, "free"), (122, "quota"), (13, "permissions"), (30, "file system"), (36, "shorter")],
)
def test_the_remedy_fits_the_reason(number: int, remedy: str) -> None:
    told = sentence("write", "x", OSError(number, os.strerror(number)))
    assert told.startswith(f"cannot write 'x' ({os.strerror(number)}): ") and remedy in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_call_deletes_what_it_had_begun(tmp_path: Path, number: int) -> None:
    script = (
        "import sys, signal, os\n"
        "from spiking_music import cli, files\n"
        "def app(**_):\n"
        f"    with files.atomic({str(tmp_path / 'x.spk')!r}) as temporary:\n"
        "        temporary.write_text('half')\n"
        f"        os.kill(os.getpid(), {int(number)})\n"
        "cli.app = app\n"
        f"signal.signal({int(number)}, signal.SIG_DFL)\n"  # nohup has us ignore one
        "cli.main()\n"
    )
    (tmp_path / "x.spk").write_text("old")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 128 + number and not done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["x.spk"]
    assert (tmp_path / "x.spk").read_text() == "old"


def test_a_name_is_told_in_one_line(folder: Path) -> None:
    code, _, said = shell(folder, "MUSIC info $'no\\nlat\\351.spk'")
    assert code == 1 and said == "error: no stream at 'no\\nlat\\udce9.spk': check its path\n"
