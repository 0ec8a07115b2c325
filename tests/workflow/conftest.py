"""The workflow run for real, at its smallest, once for all tests of this folder."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import made_once
from tests.workflow import warm
from tests.workflow.small import write_overlay

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """How Snakemake ended, and all it said."""

    code: int
    said: str


def environment(source: Path | None = None) -> dict[str, str]:
    """Ours, with the commands that were installed beside this Python, and one thread a process.

    source: a folder with another copy of the package.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    other = {"PYTHONPATH": str(source)} if source else {}
    return {**os.environ, **other, "PATH": path, "OMP_NUM_THREADS": "1"}


def warmed(source: Path | None = None) -> dict[str, str]:
    """The same for runs that nobody kills: their commands start at once (warm.py)."""
    return {**environment(source), **warm.start()}


def snakemake(folder: Path, *arguments: str, overlays: tuple[str, ...]) -> list[str]:
    """The command that runs the repository's Snakefile in `folder`."""
    files = ["config.yaml", *overlays]
    return [
        *("snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)),
        *("--cores", "2", *arguments),
        *("--configfile", *(str(ROOT / file) for file in files)),
    ]


def run_snakemake(
    folder: Path,
    *arguments: str,
    overlays: tuple[str, ...] = ("config/tiny.yaml",),
    source: Path | None = None,
) -> Done:
    """Run the repository's Snakefile in `folder` with config.yaml and `overlays`."""
    run = subprocess.run(
        snakemake(folder, *arguments, overlays=overlays),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=warmed(source),
    )
    return Done(run.returncode, run.stdout)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one variant has gone through every stage, undisturbed."""

    def make(folder: Path) -> None:
        done = run_snakemake(folder, overlays=write_overlay(folder))
        assert done.code == 0, done.said[-5000:]

    return made_once(tmp_path_factory, "small", make)
