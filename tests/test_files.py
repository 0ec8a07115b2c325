"""Outputs appear whole or not at all."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from spiking_music import cli
from spiking_music.errors import DataError, OutputError
from spiking_music.files import Disk, atomic, write_csv, write_json
from tests.conftest import DEFAULTS, ROOT, full_disk


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_whole(tmp_path):
    path = tmp_path / "store"
    path.mkdir()
    (path / "old").touch()
    with atomic(path) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert [item.name for item in path.iterdir()] == ["new"]


def test_litter_of_a_killed_process_is_deleted_by_the_next_attempt(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine = tmp_path / f".partial-{ended.pid}-out.txt"
    folder = tmp_path / f".partial-{os.getpid()}-out.txt"  # of one that had our number
    others = [tmp_path / f".partial-{os.getppid()}-out.txt"]  # at work on the same file
    others.append(tmp_path / f".partial-{ended.pid}-my-out.txt")
    for path in (mine, *others):
        path.touch()
    folder.mkdir()
    with atomic(tmp_path / "out.txt") as temporary:
        temporary.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "out.txt", *others])


def test_a_terminated_verb_deletes_what_it_had_begun(tmp_path):
    table, tiny = tmp_path / "performances.csv", str(ROOT / "config" / "tiny.yaml")
    verb = [sys.executable, "-m", "spiking_music"]
    config = ["--config", *DEFAULTS, "--config", tiny]
    config += ["--config", '{"dataset": {"demo": {"minutes": 40}}}']  # long enough to be stopped
    subprocess.run([*verb, "catalogue", *config, "--out", str(table)], check=True)
    arguments = ["--performances", str(table), "--shard", "0", "--root", str(tmp_path / "made")]
    manifest = ["--manifest", str(tmp_path / "manifest.csv")]
    run = subprocess.Popen([*verb, "recordings", *config, *arguments, *manifest])
    while not list(tmp_path.rglob(".partial-*.flac")):
        assert run.poll() is None
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    assert run.wait() == 128 + signal.SIGTERM
    assert not list(tmp_path.rglob(".partial-*"))


def test_floats_survive_and_bytes_repeat(tmp_path):
    table = pd.DataFrame({"x": [0.1, 1 / 3, float("nan")], "y": [1, 2, 3]})
    for name in ("a.csv", "b.csv"):
        write_csv(table, tmp_path / name)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    back = pd.read_csv(tmp_path / "a.csv")
    assert back["x"].iloc[1] == pytest.approx(1 / 3, rel=1e-8)


def test_json_bytes_do_not_depend_on_insertion_order(tmp_path):
    write_json({"b": 1, "a": 2}, tmp_path / "1.json")
    write_json({"a": 2, "b": 1}, tmp_path / "2.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    writers = {
        "out.csv": lambda path: write_csv(pd.DataFrame({"x": range(10000)}), path),
        "out.json": lambda path: write_json(list(range(10000)), path),
    }
    for name, write in writers.items():
        with (
            full_disk(1024),
            pytest.raises(
                OutputError, match=rf"^cannot write '.*/{name}' \(File too large\): free"
            ),
        ):
            write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        OutputError, match=r"cannot write '.*file/sub/out\.json' \(Not a directory\)"
    ):
        write_json(1, tmp_path / "file" / "sub" / "out.json")


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"input\.txt"), atomic(tmp_path / "out.txt"):
        (tmp_path / "input.txt").read_text()


def test_what_a_library_makes_of_a_full_disk_gives_way_to_the_reason(tmp_path):
    with (
        full_disk(100),
        pytest.raises(OutputError, match="File too large"),
        atomic(tmp_path / "out") as temporary,
        Disk(temporary) as disk,
    ):
        assert disk.write(bytes(1000)) == 1000  # so that HDF5 does not crash
        raise RuntimeError("unexpected position")
    assert list(tmp_path.iterdir()) == []


def test_our_own_sentence_comes_before_a_full_disk(tmp_path):
    with (
        full_disk(100),
        pytest.raises(DataError, match="first"),
        atomic(tmp_path / "out") as temporary,
        Disk(temporary) as disk,
    ):
        disk.write(bytes(1000))
        raise DataError("first")


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (DataError("recording 'a.wav' is missing"), "error: recording 'a.wav' is missing\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.csv"),
            "error: cannot use 'a.csv' (No such file or directory): check its path and "
            "permissions\n",
        ),
    ],
)
def test_the_command_line_says_one_sentence(monkeypatch, capsys, failure, sentence):
    def fail():
        raise failure

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert capsys.readouterr().err == sentence
