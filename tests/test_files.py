"""Outputs appear whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from spiking_music import cli, files
from spiking_music.errors import DataError, OutputError
from spiking_music.files import Disk, atomic, folder, write_csv, write_json
from spiking_music.marks import MARK
from tests.conftest import DEFAULTS, ROOT, full_disk


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def made(path, name, verb="stimuli", inputs=()):
    with folder(path, verb, inputs) as temporary:
        (temporary / name).touch()


def test_a_folder_of_ours_is_replaced_whole(tmp_path):
    path = tmp_path / "store"
    made(path, "old")
    made(path, "new")
    assert {item.name for item in path.iterdir()} == {MARK, "new"}
    assert list(tmp_path.iterdir()) == [path]
    empty = tmp_path / "empty"
    empty.mkdir()
    made(empty, "new")
    assert {item.name for item in empty.iterdir()} == {MARK, "new"}


def another_verb(path):
    made(path, "new", verb="ratings")


def an_added_file(path):
    (path / "deep").mkdir()
    (path / "deep" / "mine.txt").touch()
    made(path, "new")


def an_edited_file(path):
    (path / "old").write_text("mine")
    made(path, "new")


def a_foreign_mark(path):
    (path / "old").unlink()
    (path / MARK).write_text("settings of another program")
    made(path, "new")


def an_input_in_it(path):
    made(path, "new", inputs=[path / "old"])


def an_input_that_it_is(path):
    made(path, "new", inputs=[path])


@pytest.mark.parametrize(
    "case",
    [
        *(another_verb, an_added_file, an_edited_file, a_foreign_mark),
        *(an_input_in_it, an_input_that_it_is),
    ],
)
def test_a_folder_of_others_is_kept(tmp_path, case):
    path = tmp_path / "store"
    made(path, "old")
    with pytest.raises(OutputError, match=r"store' is .*: name an empty or a new folder$"):
        case(path)
    assert not (path / "new").exists() and list(tmp_path.iterdir()) == [path]


def test_the_working_directory_is_kept_even_where_it_is_empty(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    for path in (Path(), Path(".."), tmp_path):
        with pytest.raises(OutputError, match="is the working directory or holds it"):
            made(path, "new")


def test_a_failure_keeps_the_old_folder_and_a_kill_between_the_renames_loses_nothing(tmp_path):
    path = tmp_path / "store"
    made(path, "old")
    with pytest.raises(RuntimeError), folder(path, "stimuli"):
        raise RuntimeError
    assert (path / "old").exists() and list(tmp_path.iterdir()) == [path]
    path.rename(files._beside(path, files.REPLACED))  # as far as the killed process came
    with pytest.raises(RuntimeError), folder(path, "stimuli"):
        raise RuntimeError
    assert (path / "old").exists() and list(tmp_path.iterdir()) == [path]


def test_links_to_files_stay_links_and_those_to_nowhere_are_refused(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to("real.json")
    with pytest.raises(OutputError, match="a link that leads nowhere"):
        write_json(1, link)
    assert not real.exists()
    real.touch()
    write_json(1, link)
    assert link.is_symlink() and real.read_text() == "1\n"
    around = tmp_path / "around.json"
    around.symlink_to("around.json")
    with pytest.raises(OutputError, match=r"around\.json'"):
        write_json(1, around)


def test_a_pipe_and_an_open_file_are_written_through(tmp_path):
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_json(1, pipe)
    assert os.read(reader, 10) == b"1\n" and pipe.is_fifo()
    os.close(reader)
    with (tmp_path / "log").open("ab") as file:
        file.write(b"before ")
        file.flush()
        write_json(2, f"/dev/fd/{file.fileno()}")
        link = tmp_path / "link.json"
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")
        write_json(3, link)
    assert (tmp_path / "log").read_bytes() == b"before 2\n3\n"


@pytest.mark.parametrize("size", [250, 255])
def test_a_name_as_long_as_the_system_takes_can_be_written(tmp_path, size):
    path = tmp_path / f"{'é' * ((size - 6) // 2)}{'x' * (size % 2)}.json"
    assert len(os.fsencode(path.name)) in (size, size - 1)
    write_json(1, path)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError, match=r"\(File name too long\): name a shorter one$"):
        write_json(1, tmp_path / ("x" * 256))
    made(tmp_path / ("y" * 255), "new")


def test_a_python_mistake_is_our_error_too(tmp_path):
    for path in (tmp_path / "a\0b", tmp_path, "", "/proc/nowhere/x"):
        with pytest.raises(OutputError):
            write_json(1, path)


def test_litter_of_a_killed_process_is_deleted_by_the_next_attempt(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    name = files._beside(tmp_path / "out.txt", files.PARTIAL).name
    assert name.startswith(f".partial-{os.getpid()}-")
    mine = tmp_path / name.replace(str(os.getpid()), str(ended.pid), 1)
    old = tmp_path / name  # of one that had our number
    others = [tmp_path / name.replace(str(os.getpid()), str(os.getppid()), 1)]  # at the same file
    others.append(tmp_path / f".partial-{ended.pid}-my-out.txt")
    others.append(tmp_path / f"{mine.name}.bak")
    for path in (mine, *others):
        path.touch()
    old.mkdir()
    with atomic(tmp_path / "out.txt") as temporary:
        temporary.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "out.txt", *others])


def test_a_terminated_verb_deletes_what_it_had_begun(tmp_path):
    table, tiny = tmp_path / "performances.csv", str(ROOT / "config" / "tiny.yaml")
    verb = [sys.executable, "-m", "spiking_music"]
    config = ["--config", *DEFAULTS, "--config", tiny]
    config += ["--config", '{"dataset": {"demo": {"minutes": 40}}}']  # long enough to be stopped
    subprocess.run([*verb, "data", "index", *config, "--out", str(table)], check=True)
    arguments = ["--performances", str(table), "--shard", "0", "--root", str(tmp_path / "made")]
    manifest = ["--manifest", str(tmp_path / "manifest.csv")]
    run = subprocess.Popen([*verb, "data", "recordings", *config, *arguments, *manifest])
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
            "error: cannot use 'a.csv' (No such file or directory): correct its path\n",
        ),
    ],
)
def test_the_command_line_says_one_sentence(monkeypatch, capsys, failure, sentence):
    def fail(**_):
        raise failure

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert capsys.readouterr().err == sentence
