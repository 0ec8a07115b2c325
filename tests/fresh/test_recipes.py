"""The recipes of images, step by step in a bare Debian: nobody needs Docker or Apptainer for that.

What stands for the image that they start from, python:3.11-slim-bookworm, is the same Debian with
its own Python 3.11, as `python` and `pip` in /usr/local, where that image has its Python.
"""

import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import soundfile

from tests.conftest import ROOT
from tests.fresh.conftest import RELEASE
from tests.fresh.recipes import Recipe, definition, dockerfile
from tests.fresh.root import HOME, PERSON, Root, bare
from tests.mdct.golden.make import RATE, tones

ENVS = ROOT / "envs"
COPIED = ("config.yaml", "Snakefile", "config", "rules", "report", "envs")
WEIGHTS = "results/tiny/models/rvq/weights.safetensors"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return definition((ENVS / "spiking-music.def").read_text())


@pytest.fixture(scope="module")
def image(able: None, recipe: Recipe) -> Iterator[Root]:
    """The root that the recipe leads to."""
    assert recipe.base == f"python:3.11-slim-{RELEASE}"
    with bare("python3-venv") as root:
        root.run_as_root("python3.11", "-m", "venv", "/usr/local", cwd=Path("/"), limit=300)
        for source, target in recipe.copies.items():
            _copy(source, root.inside(Path(target)))
        script = "\n".join(recipe.commands)
        root.run_as_root("sh", "-ec", script, cwd=Path("/"), limit=1800)
        yield root


def _copy(source: str, target: Path) -> None:
    """What git knows of a file or folder of the clone."""
    command = ["git", "ls-files", "-z", source]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [Path(name) for name in said.split("\0") if name]
    assert names, f"{source} is not in the clone"
    for name in names:
        place = target / name.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place)


def test_both_recipes_have_the_same_steps(recipe: Recipe) -> None:
    assert dockerfile((ENVS / "Dockerfile").read_text()) == recipe


def test_docker_is_shown_the_files_that_it_copies(recipe: Recipe) -> None:
    everything, *lines = (ROOT / ".dockerignore").read_text().split()
    assert everything == "*"
    shown = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert all(any(fnmatch(name, each) for each in shown) for name in recipe.copies)


@pytest.mark.timeout(2400)
def test_the_image_encodes(image: Root, recipe: Recipe) -> None:
    home = image.inside(HOME)
    soundfile.write(home / "in.wav", tones(1), RATE)
    shutil.chown(home / "in.wav", PERSON, PERSON)
    for words in ("encode in.wav out.spk", "decode out.spk out.wav", "info out.spk"):
        image.run_image(*recipe.start, *words.split(), cwd=HOME, limit=300)
    assert soundfile.info(home / "out.wav").duration == pytest.approx(len(tones(1)) / RATE, abs=0.1)


@pytest.mark.timeout(1200)
def test_the_image_runs_the_workflow(image: Root) -> None:
    """Steps of a training, without git, in an image that cannot be written to."""
    clone = image.inside(HOME / "clone")
    for name in COPIED:
        _copy(name, clone / name)
    subprocess.run(["chown", "--recursive", f"{PERSON}:{PERSON}", clone], check=True)
    files = ("--configfile", "config.yaml", "config/tiny.yaml")
    words = ("snakemake", "--cores", "2", WEIGHTS, *files)
    image.run_image(*words, cwd=HOME / "clone", limit=1100)
    assert (clone / WEIGHTS).stat().st_size > 0
