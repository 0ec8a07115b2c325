"""Names with accents in the C locale, which cron jobs and containers have; names of no locale."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.workflow.folders import make_folder

C = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
OWN = 'results: "größe {0}"\ndataset: {{name: own, source: folder, path: Aufnähmen}}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workflow, recordings in a folder with an accent, one with a name that is no UTF-8."""
    for name in ("Snakefile", "config.yaml", "config", "rules", "report", "envs"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    recordings = tmp_path / "Aufnähmen"
    make_folder(recordings, seconds=6.5)
    Path(os.fsdecode(os.fsencode(recordings) + b"/lat\xe9.wav")).write_bytes(b"no recording")
    (tmp_path / "own.yaml").write_text(OWN.format("ж"), encoding="utf-8")
    return tmp_path


def done(folder: Path, *command: str) -> str:
    """What `command` says in the C locale; it must succeed."""
    run = subprocess.run(
        command,
        env={**os.environ, **C, "PYTHONPATH": str(ROOT / "src"),
             "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        cwd=folder, capture_output=True, timeout=600,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr.decode(errors="replace")
    assert b"Traceback" not in run.stderr
    return run.stderr.decode("utf-8", errors="replace")


def test_a_verb_in_the_c_locale(folder: Path) -> None:
    configs = [f"--config={name}" for name in ("config.yaml", "config/tiny.yaml", "own.yaml")]
    verb = [sys.executable, "-m", "spiking_music", "data", "index", *configs]
    assert "wrote größe/p.csv" in done(folder, *verb, "--out", "größe/p.csv")
    assert len(pd.read_csv(folder / "größe" / "p.csv")) >= 3


def test_the_workflow_in_the_c_locale(folder: Path) -> None:
    files = ["--configfile", "config/tiny.yaml", "own.yaml"]
    target = "größe ж/own/performances.csv"
    done(folder, "snakemake", "--cores", "1", *files, "--", target)
    assert (folder / target).is_file()
    assert "performances.csv" not in done(folder, "snakemake", "-n", *files, "--", target)
