"""Wheel and sdist, built once, and an environment of each Python that holds the wheel and no more.

A Python that is not at hand is skipped by name, and a failure where `SPIKING_MUSIC_REQUIRE_PYTHONS`
is set: .ci/wheel does so where there is pyenv. pip's cache is the user's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

from tests.conftest import ROOT
from tests.mdct.golden.make import RATE, tones

PYTHONS = ("3.11", "3.12", "3.13")
REQUIRE = "SPIKING_MUSIC_REQUIRE_PYTHONS"
ASK = """
import importlib.metadata as m
print(sum("extra ==" not in each for each in m.requires("spiking-music")))
print(*(d.metadata["Name"].lower() for d in m.distributions()))
"""
LOCK = ROOT / "requirements.lock"  # as constraints, so that equal commits are checked alike


def without_python() -> dict[str, str]:
    """The environment without what would let another Python's packages in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel; what it held at first."""

    version: str
    folder: Path
    size: int = 0  # bytes
    direct: int = 0  # dependencies
    names: frozenset[str] = frozenset()  # of all distributions

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(
        self, program: str, *words: object, cwd: Path, code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, which must end with this exit code."""
        command = [str(self.folder / "bin" / program), *map(str, words)]
        done = subprocess.run(
            command, cwd=cwd, env=without_python(), capture_output=True, text=True, timeout=600
        )
        assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def pip(self, *words: object) -> str:
        quiet = ("--quiet", "--quiet", "--disable-pip-version-check")
        return self.run("python", "-m", "pip", *words, *quiet, cwd=self.folder).stdout


Install = Callable[[str], Installed]


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sdist, and the wheel that is built of it, by their endings."""
    place = tmp_path_factory.mktemp("dist")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    clone = place / "clone"  # setuptools leaves files where it builds
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", place, clone],
        env=without_python(), check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (wheel,), (sdist,) = place.glob("*.whl"), place.glob("*.tar.gz")
    return {".whl": wheel, ".tar.gz": sdist}


@pytest.fixture(scope="session")
def install(
    distributions: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Install]:
    """Version of Python → its environment; without such a Python, the test ends."""
    root = tmp_path_factory.mktemp("python")
    with ThreadPoolExecutor() as pool:  # pip waits for the disk much of the time
        jobs = {v: pool.submit(_installed, v, root / v, distributions[".whl"]) for v in PYTHONS}

    def made(version: str) -> Installed:
        found = jobs[version].result()
        if found is None:
            end = pytest.fail if os.environ.get(REQUIRE) else pytest.skip
            end(f"there is no Python {version} on the PATH and none of pyenv")
        return found

    yield made
    shutil.rmtree(root)


@pytest.fixture(scope="session", params=PYTHONS)
def installed(request: pytest.FixtureRequest, install: Install) -> Installed:
    return install(request.param)


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four notes, stereo, as FLAC."""
    path = tmp_path_factory.mktemp("recording") / "in.flac"
    soundfile.write(path, tones(1)[:, None].repeat(2, axis=1), RATE)
    return path


def _installed(version: str, folder: Path, wheel: Path) -> Installed | None:
    """The environment of a version in `folder`; None where there is no such Python."""
    found = _python(version)
    if found is None:
        return None
    subprocess.run([found, "-m", "venv", folder], check=True, env=without_python())
    empty = Installed(version, folder)
    empty.pip("install", "--constraint", LOCK, wheel)
    count, names = empty.run("python", "-c", ASK, cwd=folder).stdout.splitlines()
    size = sum(file.lstat().st_size for file in folder.rglob("*"))
    return Installed(version, folder, size, int(count), frozenset(names.split()))


def _python(version: str) -> str | None:
    """The interpreter of a version, on the PATH or of pyenv."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    homes = sorted(versions.glob(f"{version}.*"))
    for candidate in (shutil.which(f"python{version}"), *(home / "bin/python" for home in homes)):
        if candidate is not None:  # a shim of pyenv may be there and fail
            asked = [str(candidate), "-c", "import sys, venv; print(sys.version)"]
            done = subprocess.run(asked, capture_output=True, text=True, env=without_python())
            if done.returncode == 0 and done.stdout.startswith(f"{version}."):
                return str(candidate)
    return None
