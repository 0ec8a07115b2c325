"""README on a fresh machine: its prerequisites, a clone, an ordinary user, and its commands."""

import os
import re
import shutil

import pytest
import soundfile
import yaml

from tests.conftest import ROOT
from tests.fresh.conftest import CLONE, FULL
from tests.fresh.root import HOME, PERSON, Root
from tests.mdct.golden.make import RATE, tones
from tests.workflow import small

CORES = f"CORES={os.cpu_count()}"
QUICK = "-m 'not (workflow or browser or fuzz or slow)' tests/codec tests/models"


def small_demo(machine: Root) -> dict[str, str]:
    """What has `make demo` make the tests' small demo: a profile of Snakemake with its overlay."""
    folder = machine.inside(HOME / "small")
    folder.mkdir()
    (folder / "demo.yaml").write_text(yaml.safe_dump(small.overlay(name="demo")))
    files = [str(CLONE / small.TINY), str(HOME / "small" / "demo.yaml")]
    (folder / "config.yaml").write_text(yaml.safe_dump({"configfile": files}))
    return {"SNAKEMAKE_PROFILE": str(HOME / "small")}


@pytest.mark.timeout(7200)
def test_the_demo(machine: Root) -> None:
    environment = {} if FULL else small_demo(machine)
    said = machine.run("make", "demo", CORES, cwd=CLONE, environment=environment, limit=7000)
    results = machine.inside(CLONE / "results" / "demo")
    for name in ("index.html", "report.html", "summary.md", "listen/index.html", "efficiency.csv"):
        assert (results / name).stat().st_size > 0, name
    assert (results / "summary.md").read_text() in said


@pytest.mark.timeout(7200)
def test_the_tests(machine: Root) -> None:
    """All of them, or a quick part, through the same Makefile."""
    environment = {} if FULL else {"PYTEST_ADDOPTS": QUICK}
    said = machine.run("make", "test", CORES, cwd=CLONE, environment=environment, limit=7000)
    passed = re.search(r"(\d+) passed", said.splitlines()[-1])
    assert passed and int(passed[1]) > 300, said[-500:]


@pytest.mark.timeout(1200)
def test_the_codec(machine: Root) -> None:
    """The first block of commands, as it stands, in a clone with a recording."""
    (block, *_) = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    recording = machine.inside(CLONE / "in.flac")
    soundfile.write(recording, tones(1), RATE)
    shutil.chown(recording, PERSON, PERSON)
    machine.run("bash", "-euo", "pipefail", "-c", block, cwd=CLONE, limit=1100)
    for name in ("out.wav", "out.csv", "codec.html"):
        assert machine.inside(CLONE / name).stat().st_size > 0, name
