"""Outputs appear whole or not at all."""

import subprocess
import sys

import pandas as pd
import pytest

from spiking_music.files import atomic, write_csv, write_json


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
    """RLIMIT_FSIZE makes the kernel refuse bytes past 1 KiB, as a full disk would."""
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "import pandas as pd\n"
        "from spiking_music import cli\n"
        "from spiking_music.files import write_csv\n"
        "cli.app = lambda: write_csv(pd.DataFrame({'x': range(10000)}), sys.argv[1])\n"
        "cli.main()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out.csv")], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []
