"""Folders may be called anything that a shell can hold: every step quotes them."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, warmed
from tests.workflow.folders import make_folder

ODD = "my o'ut \"$5 ~x% é#;&(*)[a],=:\\ü"
FILES = ("Snakefile", "config.yaml", "config", "rules", "report", "envs")
ROWS = ("rvq", "sparse", "mu-sparse", "rvq-impaired", "free-gan", "free-diffusion")
ROWS += ("mel", "freq-ae", "time-ae")
FEW = {
    "dataset": {"name": "few"},
    "pretrained": False,
    "variants": dict.fromkeys(ROWS),
    "listening": {"stimuli": {"systems": ["free"]}, "ratings": {"variants": ["free"]}},
    "figures": {"selective": ["free"]},
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The workflow's files in a folder of their own."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in FILES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


def snakemake(
    clone: Path, changes: dict[str, object], *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run with config/tiny.yaml, `FEW` and `changes`."""
    (clone / "few.yaml").write_text(yaml.safe_dump(FEW))
    (clone / "changes.yaml").write_text(yaml.safe_dump(changes))
    files = ["config/tiny.yaml", "few.yaml", "changes.yaml"]
    return subprocess.run(
        ["snakemake", "--cores", "2", *arguments, "--configfile", *files],
        cwd=clone, env=warmed(), capture_output=True, text=True, timeout=800,
    )  # fmt: skip


def test_every_step_with_an_odd_folder_of_results(clone: Path) -> None:
    done = snakemake(clone, {"results": ODD})
    assert done.returncode == 0, done.stderr[-5000:]
    results = clone / ODD / "few"
    for name in ("summary.csv", "figures/clips.png", "listen/index.html", "listen/test"):
        assert (results / name).exists()
    again = snakemake(clone, {"results": ODD}, "-n")
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.parametrize("results", ["~/there", "-out", "my out"])
def test_results_are_planned_where_they_are_asked_for(
    clone: Path, results: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    done = snakemake(clone, {"results": results}, "-n", "-p")
    assert done.returncode == 0, done.stderr[-3000:]
    where = {"~/there": f"{tmp_path}/there", "-out": f"{clone}/-out"}.get(results, results)
    assert f"{where}/few/summary.csv" in done.stdout + done.stderr
    assert not (clone / "~").exists()


@pytest.mark.parametrize("name", ["rec {live}", "{}", "a{b", "take}", "{0}", "$5 'x' \"y\""])
def test_braces_in_a_data_set_are_letters(clone: Path, tmp_path: Path, name: str) -> None:
    recordings = tmp_path / name
    make_folder(recordings, seconds=6.5)
    source = {"source": "folder", "path": str(recordings)}
    changes = {"dataset": source, "download": {"folder": f"{name}/kept"}}
    assert snakemake(clone, changes, "-n").returncode == 0
    done = snakemake(clone, changes, "results/few/clips/test-0.h5")
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("results", ["a {b}", "{", "}", "{live}/x"])
def test_braces_in_results_are_refused(clone: Path, results: str) -> None:
    done = snakemake(clone, {"results": results}, "-n")
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 1
    assert len(told) == 1 and results in told[0]
    assert "Traceback" not in done.stderr
