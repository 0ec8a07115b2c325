"""FMA, from its server to models, tables and what codes tell of the genre.

The other figures and the pages of a data set without notes are made in test_generality.py.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from spiking_music.config import read, variants
from spiking_music.workflow import Plan
from tests.conftest import DEFAULTS, ROOT
from tests.data.fma.shaped import AUDIO, GENRES, METADATA, make_fma
from tests.data.maestro.server import Server, serving
from tests.workflow.conftest import run_snakemake

FMA = "config/data/fma.yaml"
PICTURES = ("training", "probe-genre")  # which test_generality.py has none of


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = tmp_path / "served"
    served.mkdir()
    make_fma(served, seconds=6.2)
    with serving(served) as server:
        yield server


def overlay(folder: Path, server: Server) -> Path:
    """What FMA's overlay has to differ in for the server's small FMA, and one variant."""
    checksums = {
        name: f"sha1:{hashlib.sha1((server.folder / name).read_bytes()).hexdigest()}"
        for name in (METADATA, AUDIO)
    }
    path = folder / "own.yaml"
    settings = {
        "dataset": {"shards": 1},
        "variants": dict.fromkeys(set(variants(read(DEFAULTS))) - {"free"}),
        "download": {
            "table": server.url(METADATA),
            "table_checksum": checksums[METADATA],
            "archive": server.url(AUDIO),
            "archive_checksum": checksums[AUDIO],
            "archive_bytes": (server.folder / AUDIO).stat().st_size,
            "backoff": 0.01,
        },
    }
    path.write_text(yaml.safe_dump(settings))
    return path


def test_from_the_server_to_the_genre(server: Server, tmp_path: Path) -> None:
    server.faults[AUDIO] = ["", "cut", 503]
    file = overlay(tmp_path, server)
    files = ("config/tiny.yaml", FMA, str(file))
    pictures = (f"results/fma/figures/{name}.png" for name in PICTURES)
    done = run_snakemake(tmp_path, "evaluation", *pictures, overlays=files)
    assert done.code == 0, done.said[-5000:]
    assert "hence no selectivity and no figure 5" in done.said
    results = tmp_path / "results" / "fma"
    performances = pd.read_csv(results / "performances.csv")
    assert len(performances) == 20 and set(performances["genre"]) == set(GENRES)
    assert performances["midi_filename"].isna().all()
    manifest = pd.read_csv(results / "recordings" / "manifest-0.csv")
    assert (manifest["status"] == "ok").all() and len(manifest) == 20
    assert len(pd.read_csv(results / "clips" / "train-0.csv")) == 12

    summary = pd.read_csv(results / "summary.csv").set_index("variant")
    assert summary.loc["free", "clips"] == 4 and summary.loc["free", "kbps"] > 0
    assert not (results / "onsets").exists() and not (results / "selectivity.csv").exists()
    assert all((results / "figures" / f"{name}.svg").exists() for name in PICTURES)
    planned = Plan.of(read([*DEFAULTS, *(str(ROOT / name) for name in files)]))
    assert planned.figures == expected_figures()

    probes = pd.read_csv(results / "probes.csv")
    assert set(probes["features"]) == {"free", "mel-bands"} and set(probes["label"]) == {"genre"}
    assert (probes[["classes", "train_clips", "clips"]] == [2, 12, 8]).all(axis=None)
    told = probes.set_index(["features", "probe"])["accuracy"]
    assert told["mel-bands", "linear"] == 1  # dark and bright noise
    assert told["mel-bands", "majority"] == 0.5


def expected_figures() -> list[str]:
    drawn = ["fig1-storage", "fig2", "fig2-free", "rate-quality", "operations", "training", "clips"]
    return [*drawn, "probe-genre"]


def test_a_wrong_checksum_is_one_sentence(server: Server, tmp_path: Path) -> None:
    file = overlay(tmp_path, server)
    settings = yaml.safe_load(file.read_text())
    settings["download"]["archive_checksum"] = f"sha1:{'0' * 40}"
    file.write_text(json.dumps(settings))
    target = "results/fma/recordings/archive.json"
    done = run_snakemake(tmp_path, target, overlays=("config/tiny.yaml", FMA, str(file)))
    assert done.code != 0
    errors = [line for line in done.said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "correct download.archive_checksum" in errors[0]
    assert not list((tmp_path / "results").rglob(f"*{AUDIO}"))


def test_fma_without_that_it_has_no_notes_is_refused(tmp_path: Path) -> None:
    done = run_snakemake(tmp_path, "-n", "--config", "dataset={source: fma}")
    assert "error: configuration value 'dataset': source 'fma' has no MIDI: set" in done.said
