"""Models of one data set on other material, of which no notes are known."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from spiking_music.models.pretrained import PRETRAINED, TABLES, WEIGHTS
from spiking_music.provenance.record import find
from tests.workflow.conftest import Done, run_snakemake
from tests.workflow.folders import SPLITS, make_folder
from tests.workflow.small import VARIANT, overlay, write_overlay


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> Path:
    """A run's models, and recordings without MIDI or a column for it, all in the test split."""
    shutil.copytree(small / "results/small/models", tmp_path / "results/small/models")
    data = make_folder(tmp_path / "data", seconds=6.5)
    table = pd.read_csv(data / "metadata.csv").drop(columns="midi_filename")
    table.assign(split="test").to_csv(data / "metadata.csv", index=False)
    for path in data.glob("*.midi"):
        path.unlink()
    return tmp_path


def run(folder: Path, *arguments: str, **settings: object) -> Done:
    dataset = {
        "source": "folder",
        "path": str(folder / "data"),
        "notes": "none",
        "subset": {"splits": ["test"]},
    }
    changed = overlay(**dataset) | settings
    changed["dataset"] |= {"name": "other"}
    (folder / "other.yaml").write_text(json.dumps(changed))
    files = ("config/tiny.yaml", str(folder / "other.yaml"))
    return run_snakemake(folder, *arguments, overlays=files)


def test_a_piano_model_on_other_material(folder: Path) -> None:
    settings = {"models_from": "small", "pretrained": True}
    done = run(folder, **settings)
    assert done.code == 0, done.said[-5000:]
    assert "no selectivity and no figure 5, and the page of clips has no row" in done.said
    results = folder / "results" / "other"
    summary = pd.read_csv(results / "summary.csv").set_index("variant")
    lenders = {VARIANT: folder / "results/small/models" / VARIANT, "mdct-shipped": PRETRAINED}
    for name, lender in lenders.items():
        assert summary.loc[name, "clips"] == 4
        assert summary.loc[name, ["si_snr_db", "kbps_paper", "kbps"]].notna().all()
        for file in (WEIGHTS, TABLES):
            copied = results / "models" / name / file
            assert copied.read_bytes() == (lender / file).read_bytes()
            _, record = find(copied)
            assert record["inputs"] == {str(lender / file): record["sha256"]}
    page = (results / "listen" / "index.html").read_text()
    assert re.search(r'"notes": ?null', page)
    assert not (results / "onsets").exists() and not (results / "selectivity").exists()
    figures = {path.stem for path in (results / "figures").glob("*.png")}
    architectures = {"fig2", *(f"fig2-{name}" for name in lenders)}
    assert figures == {"fig1-storage", "rate-quality", "operations", "clips", *architectures}
    assert "Nothing to be done" in run(folder, "-n", **settings).said


def started_from(path: str) -> dict[str, dict[str, object]]:
    """The one variant goes on from the weights at `path`; others are none."""
    variants = overlay()["variants"] | {VARIANT: {"training": {"start_from": path}}}
    return {"variants": variants}


def test_training_goes_on_from_a_model_of_other_material(folder: Path) -> None:
    start = f"results/small/models/{VARIANT}/weights.safetensors"
    table = folder / "data" / "metadata.csv"
    pd.read_csv(table).assign(split=SPLITS).to_csv(table, index=False)
    tuned = f"results/other/models/{VARIANT}/weights.safetensors"
    dataset = {"source": "folder", "path": str(folder / "data"), "notes": "none"}
    done = run(folder, tuned, **started_from(start), dataset=dataset)
    assert done.code == 0, done.said[-5000:]
    _, record = find(folder / tuned)
    assert str(folder / start) in record["inputs"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (started_from("nowhere.safetensors"), "starts from 'nowhere.safetensors', which is not"),
        ({"models_from": "nobody"}, "models_from is 'nobody', but there is no 'results/nobody/"),
        ({"models_from": "other"}, "models_from must name another data set"),
    ],
)
def test_no_such_models(folder: Path, settings: dict[str, str], sentence: str) -> None:
    done = run(folder, "-n", **settings)
    errors = [line for line in done.said.splitlines() if line.startswith("error: ")]
    assert done.code != 0 and len(errors) == 1 and sentence in errors[0]


def test_a_table_with_notes_needs_their_column(folder: Path) -> None:
    """Without `notes: none`, an absent column of MIDI files is a mistake in the table."""
    settings = {"dataset": {"source": "folder", "path": str(folder / "data")}}
    (folder / "own.yaml").write_text(json.dumps(settings))
    files = (*write_overlay(folder), str(folder / "own.yaml"))
    done = run_snakemake(folder, "results/small/performances.csv", overlays=files)
    assert done.code != 0 and "has no column 'midi_filename'" in done.said
