"""The workflow run for real, at its smallest, once for all tests of this folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def run_snakemake(folder: Path, *arguments: str, configs: tuple[str, ...] = ("tiny",)):
    """Run the repository's Snakefile in `folder` with config.yaml and the overlays of config/."""
    files = [
        str(ROOT / "config.yaml"),
        *(str(ROOT / "config" / f"{name}.yaml") for name in configs),
    ]
    command = [
        *("snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)),
        *("--cores", "2", "--configfile", *files),
        *arguments,
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A folder in which the tiny demo has run to its end."""
    folder = tmp_path_factory.mktemp("tiny")
    done = run_snakemake(folder)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder
