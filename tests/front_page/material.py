"""The files of a small front page."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from PIL import Image

from spiking_music.evaluation import claim_tables, summary
from spiking_music.front_page.build import Sources
from tests.conftest import ROOT

FIGURES = ("fig1-storage", "fig2", "fig2-rvq", "fig2-free", "fig5-selectivity", "clips")
CAPTIONS = ("fig1", "fig2", "fig2", "fig2", "fig5", "clips")


def make_sources(folder: Path) -> Sources:
    """All of it in `folder`."""
    rows = [{"variant": "rvq", "clips": 4, "kbps": 3.24, "si_snr_db": 9.82, "steps": 3000}]
    pd.DataFrame(rows).reindex(columns=summary.COLUMNS).to_csv(folder / "summary.csv")
    claims = [
        ("1a", "RVQ <is> better", "mean & more", "1 to 3 dB", 2.26, 2.1, 2.41, 2.2, 2.3, 1),
        ("7a", "units are selective", "units of `sparse`", "≥ 8", 3, None, None, 3, 3, 1),
    ]
    verdicts = ("reproduced", "not reproduced")
    rows_of_claims = [(*row, verdict) for row, verdict in zip(claims, verdicts, strict=True)]
    table = pd.DataFrame(rows_of_claims, columns=claim_tables.COLUMNS)
    table.to_csv(folder / "claims.csv", index=False)
    for name in FIGURES:
        Image.new("RGB", (40, 30)).save(folder / f"{name}.png")
    (folder / "clips.svg").write_text("<svg/>")
    return Sources(
        folder / "summary.csv",
        folder / "claims.csv",
        [folder / f"{name}.png" for name in FIGURES],
        [ROOT / "report" / f"{name}.rst" for name in CAPTIONS],
        _stimuli(folder),
    )


def _stimuli(folder: Path) -> Path:
    stimuli = []
    for number, system in enumerate(("reference", "rvq")):
        path = folder / f"s{number}.wav"
        soundfile.write(path, np.full(480, 0.1 * number), 48000, "PCM_16")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        about = {"system": system, "file": path.name, "sha256": digest, "samples": 480}
        stimuli.append(about)
    clips = [{"clip": "c1", "title": "Étude <3>", "stimuli": stimuli}]
    manifest = {"version": 1, "test": "t", "sample_rate": 48000, "seed": 0, "clips": clips}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "training": []}))
    return folder / "manifest.json"
