"""What is pinned in one place is pinned the same in every other; nothing names a machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=;\[ ]", requirement, maxsplit=1)[0].lower())


def _lock() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {_name(line): line.split("==")[1].split(" ")[0] for line in lines if "==" in line}


def test_lock_holds_versions_and_no_addresses():
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.\-\[\]]+==[^\s;/]+( ; .*)?", line), line


def test_conda_environment_agrees_with_the_lock():
    environment = yaml.safe_load((ROOT / "envs" / "spiking-music.yaml").read_text())
    pins = environment["dependencies"][-1]["pip"]
    lock = _lock()
    assert {_name(pin): pin.split("==")[1] for pin in pins} == {
        _name(pin): lock[_name(pin)] for pin in pins
    }


def test_every_direct_dependency_is_locked_and_in_the_environment():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    environment = (ROOT / "envs" / "spiking-music.yaml").read_text()
    extras = project["optional-dependencies"]
    for requirement in (*project["dependencies"], *extras["formats"], *extras["workflow"]):
        if _name(requirement) != project["name"]:
            assert _name(requirement) in _lock()
            assert _name(requirement) in environment
    for requirement in extras["dev"]:
        assert _name(requirement) in {*_lock(), project["name"]}


def test_installed_versions_are_the_locked_ones():
    from importlib.metadata import version

    lock = _lock()
    for name in ("torch", "torchaudio", "snakemake", "zarr", "h5py", "numpy", "symusic"):
        assert version(name) == lock[name]


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert tracked
    registry = re.compile("py" + r"pi\.org|python" + r"hosted|registry\.npm|deb\." + "debian")
    machine = re.compile("/wor" + "k/|/ro" + "ot/|/ho" + "me/")
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".png", ".svg", ".lock", ".safetensors"} or not path.is_file():
            continue
        text = path.read_text(errors="ignore")
        assert not registry.search(text), name
        assert not machine.search(text), name
