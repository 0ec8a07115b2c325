"""Numba's cache is a convenience: code runs where it cannot be written, is full or is damaged."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

STREAM = ROOT.parent / "shared" / "cases" / "14-numba-cache" / "x.spk"
MODULE = """
from spiking_music.rangecoder.compiled import compiled

@compiled()
def double(x):
    return 2 * x

print(double(21))
"""
NOWHERE = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/x", "TMPDIR": "/dev/null/y"}


def run(module: Path, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """A run of the module in an environment with `changes`; None takes a variable out."""
    given = {"PYTHONPATH": str(ROOT / "src"), **changes}
    environment = {
        key: value for key, value in {**os.environ, **given}.items() if value is not None
    }
    done = subprocess.run(
        [sys.executable, str(module)],
        env=environment, cwd=module.parent, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module whose own folder takes no cache."""
    path = tmp_path / "of" / "double.py"
    path.parent.mkdir()
    path.write_text(MODULE)
    (path.parent / "__pycache__").write_text("no folder")
    return path


@pytest.mark.parametrize(
    "changes",
    [
        NOWHERE,
        {**NOWHERE, "NUMBA_CACHE_DIR": "/dev/null/z"},
        {**NOWHERE, "NUMBA_CACHE_DIR": "/proc/z"},
        {**NOWHERE, "HOME": None},
    ],
)
def test_code_is_compiled_where_no_cache_can_be_written(
    module: Path, changes: dict[str, str | None]
) -> None:
    assert run(module, **changes).stdout == "42\n"
    assert sorted(path.name for path in module.parent.iterdir()) == ["__pycache__", "double.py"]


def test_a_compilation_is_told_once(module: Path, tmp_path: Path) -> None:
    first, second = (run(module, NUMBA_CACHE_DIR=str(tmp_path / "cache")) for _ in range(2))
    assert first.stderr.startswith("note: compiling") and first.stderr.count("\n") == 1
    assert (second.stdout, second.stderr) == ("42\n", "")


def test_code_of_another_version_is_not_loaded_alone(module: Path, tmp_path: Path) -> None:
    """What numba keeps with references to its own runtime would crash where that is missing."""
    plain = MODULE.replace("@compiled()", "@njit(cache=True)").replace(
        "from spiking_music.rangecoder.compiled import compiled", "from numba import njit"
    )
    cache = tmp_path / "cache"
    stamp = module.stat()
    assert len(plain) <= len(MODULE)
    module.write_text(plain.ljust(len(MODULE)))
    os.utime(module, (stamp.st_atime, stamp.st_mtime))
    assert run(module, NUMBA_CACHE_DIR=str(cache)).stdout == "42\n"
    module.write_text(MODULE)
    os.utime(module, (stamp.st_atime, stamp.st_mtime))
    assert run(module, NUMBA_CACHE_DIR=str(cache)).stderr.startswith("note: compiling")


def test_a_damaged_cache_costs_a_compilation(module: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(module, NUMBA_CACHE_DIR=str(cache)).stdout == "42\n"
    kept = [path for path in cache.rglob("*.nb?") if path.is_file()]
    assert kept  # it is used where it can be
    for path in kept:
        path.write_bytes(path.read_bytes()[:20])
    assert run(module, NUMBA_CACHE_DIR=str(cache)).stdout == "42\n"


def test_a_cache_that_cannot_take_more_is_done_without(module: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(module, NUMBA_CACHE_DIR=str(cache)).stdout == "42\n"
    for path in [path for path in cache.rglob("*.nb?") if path.is_file()]:
        path.unlink()
        path.mkdir()  # neither read nor replaced
    assert run(module, NUMBA_CACHE_DIR=str(cache)).stdout == "42\n"


def test_a_stream_is_described_by_a_package_that_is_read_only(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a read-only package needs root and unshare")
    if not STREAM.exists():
        pytest.skip("no stream of the shared cases")
    script = (
        f"mount --bind {ROOT / 'src'} {tmp_path} && mount -o remount,ro,bind {tmp_path} || exit 77;"
        f" exec {sys.executable} -m spiking_music info {STREAM}"
    )
    environment = {**os.environ, **NOWHERE, "NUMBA_CACHE_DIR": "/dev/null/z"}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script],
        env={**environment, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, timeout=600,
    )  # fmt: skip
    if done.returncode == 77 or b"unshare" in done.stderr:
        pytest.skip("no mounts of one's own here")
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout.count(b"\n") > 10
