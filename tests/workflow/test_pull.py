"""`make pull` where there is nothing to pull: one sentence, and no list of missing files."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflow.conftest import ROOT, environment

LOCK = "schema: '2.0'\nstages: {}\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with the Makefile and DVC's files, whose environment is that of the tests."""
    for name in ("Makefile", "dvc.yaml", "config.yaml", ".dvc/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".venv").mkdir()
    for name in ("requirements.lock", "pyproject.toml", ".venv/ready"):
        (tmp_path / name).touch()
    return tmp_path


def make(clone: Path, target: str) -> str:
    """What a target says that must fail."""
    run = subprocess.run(
        ["make", "--no-print-directory", target],
        cwd=clone, env=environment(), capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode != 0
    told = (run.stdout + run.stderr).splitlines()
    assert len(told) == 2 and told[1].startswith("make"), told
    return told[0]


@pytest.mark.parametrize("target", ["pull", "restore"])
def test_a_commit_without_results(clone: Path, target: str) -> None:
    assert make(clone, target).startswith("error: no results belong to this commit")


def test_no_remote(clone: Path) -> None:
    (clone / "dvc.lock").write_text(LOCK)
    assert make(clone, "pull").startswith("error: there is no DVC remote to pull from: name one by")


def test_a_cache_without_the_results(clone: Path) -> None:
    (clone / "dvc.lock").write_text(LOCK)
    assert make(clone, "restore").startswith("error: DVC's cache lacks results of this commit")
