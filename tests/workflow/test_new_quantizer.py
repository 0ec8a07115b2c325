"""docs/variants.md, followed to the letter: a quantiser that is one class and one module."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from spiking_music.config import read, variants
from tests.conftest import DEFAULTS, ROOT
from tests.workflow.conftest import snakemake, warmed

STEP = re.compile(r"(Append to|Write) `([^`]+)`[^:]*:\n\n```\w+\n(.*?)```", re.DOTALL)
CODE = """
import numpy as np, spiking_music
codec = spiking_music.load({model!r})
time = np.arange(3 * 22050) / 22050
music = (0.3 * np.sin(2 * np.pi * 440 * time) * np.exp(-time)).astype(np.float32)
stream = codec.encode(music, 22050)
back = codec.decode(stream)
assert back.shape == music.shape and np.isfinite(back).all()
assert codec.encode(music, 22050) == stream
"""


def steps() -> list[tuple[str, str, str]]:
    """What the page's section says to do: (verb, file, text)."""
    page = (ROOT / "docs" / "variants.md").read_text()
    return STEP.findall(page[page.index("## A new quantiser") :])


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources in which the page has been followed, and the run it asks for."""
    folder = tmp_path_factory.mktemp("winners")
    shutil.copytree(ROOT / "src", folder / "src")  # with what numba has compiled
    for verb, name, text in steps():
        path = folder / name
        path.write_text((path.read_text() if verb == "Append to" else "") + text)
    others = set(variants(read(DEFAULTS))) - {"free"}
    less = {"pretrained": False, "variants": dict.fromkeys(others)}
    (folder / "less.yaml").write_text(yaml.safe_dump(less))
    results = "results/tiny"
    made = ("summary.csv", "figures/fig2-winners.png", "figures/rate-quality.png")
    further = ("selectivity/winners-summary.csv", "storage/winners-coded.csv")
    targets = (f"{results}/{name}" for name in (*made, *further))
    overlays = ("config/tiny.yaml", str(folder / "winners.yaml"), str(folder / "less.yaml"))
    run = subprocess.run(
        snakemake(folder, *targets, overlays=overlays), capture_output=True, text=True,
        env=warmed() | {"PYTHONPATH": str(folder / "src")},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-5000:]
    return folder


def test_the_page_is_short_and_names_two_files_of_code() -> None:
    assert [name.rpartition(".")[2] for _, name, _ in steps()] == ["py", "py", "yaml"]
    page = (ROOT / "docs" / "variants.md").read_text()
    section = page[page.index("## A new quantiser") :]
    assert len(section.splitlines()) < 60


def test_it_stands_in_the_tables(followed: Path) -> None:
    table = pd.read_csv(followed / "results/tiny/summary.csv").set_index("variant")
    row = table.loc["winners"]
    assert row["density"] == pytest.approx(8 / 80)  # exactly k of N fire
    assert row["kbps"] > 0
    assert (followed / "results/tiny/selectivity/winners-summary.csv").stat().st_size


def test_it_is_drawn_under_its_name(followed: Path) -> None:
    blocks = pd.read_csv(followed / "results/tiny/architecture/winners.csv")
    assert "winner-take-all units" in blocks["name"].tolist()
    assert (followed / "results/tiny/figures/rate-quality.png").stat().st_size > 5000


def test_streams_round_trip(followed: Path) -> None:
    model = str(followed / "results/tiny/models/winners")
    run = subprocess.run(
        [sys.executable, "-c", CODE.format(model=model)], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(followed / "src")},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
