"""What is in wheel and sdist, and what an index will show of them."""

import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import ROOT
from tests.wheel.conftest import PYTHONS

MODELS = ("", "free/", "mu-sparse/", "open/", "rvq/", "sparse/")
PACKAGES = {
    "spiking_music",
    "snakemake_executor_plugin_plan",
    "snakemake_executor_plugin_slurm_watched",
}
KINDS = {".py", ".typed", ".csv", ".md", ".safetensors", ".js", ".css", ".html", ".wasm", ".wat"}
SDIST = {"setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "PKG-INFO", "src"}
SDIST |= {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"}


@pytest.fixture(scope="module")
def wheel(distributions: dict[str, Path]) -> list[str]:
    with zipfile.ZipFile(distributions[".whl"]) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(distributions: dict[str, Path]) -> Message:
    with zipfile.ZipFile(distributions[".whl"]) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("/METADATA"))
        return message_from_string(archive.read(name).decode())


def test_an_index_takes_them(distributions: dict[str, Path]) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *distributions.values()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_weights_and_licences_are_in_the_wheel(wheel: list[str], metadata: Message) -> None:
    for model in MODELS:
        for name in ("weights", "entropy"):
            assert f"spiking_music/pretrained/{model}{name}.safetensors" in wheel
    assert "spiking_music/py.typed" in wheel
    for name in metadata.get_all("License-File", []):
        assert any(each.endswith(f".dist-info/licenses/{name}") for each in wheel), name


def test_nothing_else_is_in_the_wheel(wheel: list[str]) -> None:
    for name in map(PurePosixPath, wheel):
        if name.parts[0].endswith(".dist-info"):
            continue
        assert name.parts[0] in PACKAGES, name
        assert name.suffix in KINDS or name.name == "LICENSE", name
        assert not {"tests", "__pycache__"} & {*name.parts}, name
        assert (ROOT / "src" / name).is_file(), name


def test_the_sdist_has_the_sources_and_no_tests(distributions: dict[str, Path]) -> None:
    with tarfile.open(distributions[".tar.gz"]) as archive:
        names = [PurePosixPath(each.name) for each in archive if each.isfile()]
    tops = {name.parts[1] for name in names}
    assert tops == SDIST
    tracked = subprocess.run(
        ["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    held = {str(PurePosixPath(*name.parts[1:])) for name in names}
    assert not set(tracked) - held
    extra = {name for name in held if name.startswith("src/")} - set(tracked)
    assert all(".egg-info/" in name or (ROOT / name).is_file() for name in extra)


def test_the_metadata_say_whose_it_is_and_where_it_runs(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT AND CC-BY-NC-SA-4.0 AND CC-BY-4.0"
    weights = "src/spiking_music/pretrained"
    licences = ["LICENSE", f"{weights}/LICENSE", f"{weights}/open/LICENSE"]
    assert metadata.get_all("License-File") == licences
    assert metadata["Author"] and metadata["Keywords"] and metadata.get_all("Project-URL")
    classifiers = metadata.get_all("Classifier", [])
    assert not [each for each in classifiers if each.startswith("License ::")]  # beside SPDX: no
    named = {each.rpartition(" :: ")[2] for each in classifiers if "Python :: 3." in each}
    assert named == {*PYTHONS}


def test_the_page_has_no_link_into_the_repository(metadata: Message) -> None:
    page = metadata.get_payload()
    assert isinstance(page, str) and "](https://" in page
    assert not re.findall(r"\]\((?!https://)[^)]*\)", page)
    assert "![" not in page or "](https://" in page
