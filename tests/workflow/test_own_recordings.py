"""The same workflow on a folder of one's own: any rates and channels, and real performances."""

from pathlib import Path

import h5py
import pandas as pd
import soundfile
import yaml

from spiking_music.config import read, variants
from spiking_music.data.onsets import read_onsets
from tests.conftest import DEFAULTS
from tests.workflow.conftest import Done, run_snakemake
from tests.workflow.folders import make_folder

TARGETS = ("summary.csv", "onsets/test.zarr.zip")  # no figures: each job costs seconds


def run(folder: Path, recordings: Path, targets: tuple[str, ...] = TARGETS, **subset: int) -> Done:
    """Make `targets` for one variant in `folder`."""
    dataset = {"name": "own", "source": "folder", "path": str(recordings), "subset": subset}
    overlay = folder / "own.yaml"
    others = dict.fromkeys(set(variants(read(DEFAULTS))) - {"free"})
    settings = {"dataset": dataset, "variants": others, "pretrained": False}
    settings |= {"classical": {"mp3": [], "opus": [], "midi": []}, "external": {"high-byte": None}}
    overlay.write_text(yaml.safe_dump(settings))
    paths = [f"results/own/{name}" for name in targets]
    return run_snakemake(folder, *paths, overlays=("config/tiny.yaml", str(overlay)))


def test_generated_recordings_of_mixed_rates_and_channels(tmp_path: Path) -> None:
    recordings = make_folder(tmp_path / "data", seconds=6.5)
    before = {path: path.read_bytes() for path in recordings.iterdir()}
    done = run(tmp_path, recordings)
    assert done.code == 0, done.said[-5000:]
    results = tmp_path / "results" / "own"
    summary = pd.read_csv(results / "summary.csv")
    assert summary.loc[summary["decoder"] != "none", "variant"].tolist() == ["free"]
    assert clips(results) == {"train": 2, "validation": 1, "test": 1}
    assert {path: path.read_bytes() for path in recordings.iterdir()} == before

    # a recording that breaks later stops the jobs that read it, in one sentence
    (results / "clips" / "test-0.h5").unlink()
    (recordings / "3.wav").write_bytes(b"")
    done = run(tmp_path, recordings, ("clips/test-0.h5",))
    assert done.code != 0
    said = [line for line in done.said.splitlines() if line.startswith("error: ")]
    assert len(said) == 1
    assert said[0].startswith(f"error: recording '{recordings}/3.wav' is empty (0 bytes): copy it")
    assert "Traceback" not in done.said
    assert not list(results.rglob(".partial-*"))
    assert not (results / "clips" / "test-0.h5").exists()


def test_real_performances(salamander: Path, tmp_path: Path) -> None:
    splits = ("train", "validation", "test")
    onsets = tuple(f"onsets/{split}.zarr.zip" for split in splits)
    done = run(tmp_path, salamander, onsets, max_performances=3)
    assert done.code == 0, done.said[-5000:]
    results = tmp_path / "results" / "own"
    table = pd.read_csv(results / "performances.csv")
    assert sorted(table["split"]) == sorted(splits)
    seconds = [soundfile.info(salamander / name).duration for name in table["audio_filename"]]
    whole = [int(length * 22050 // 131072) for length in seconds]
    assert clips(results) == dict(zip(table["split"], whole, strict=True))
    for split in splits:
        notes = read_onsets(
            results / "onsets" / f"{split}.zarr.zip", [results / "clips" / f"{split}-0.csv"]
        )
        assert notes.onsets[:].sum() > 50


def clips(results: Path) -> dict[str, int]:
    """Number of clips of each split."""
    counts = {}
    for path in sorted((results / "clips").glob("*.h5")):
        with h5py.File(path) as file:
            counts[path.stem.partition("-")[0]] = len(file["audio"])
    return counts


def test_a_bad_table_is_told_before_anything_runs(tmp_path: Path) -> None:
    recordings = make_folder(tmp_path / "data", seconds=0.5)
    table = pd.read_csv(recordings / "metadata.csv")
    table.assign(split="dev").to_csv(recordings / "metadata.csv", index=False)
    overlay = tmp_path / "own.yaml"
    overlay.write_text(yaml.safe_dump({"dataset": {"source": "folder", "path": str(recordings)}}))
    done = run_snakemake(tmp_path, "--dry-run", overlays=(str(overlay),))
    said = [line for line in done.said.splitlines() if line.startswith("error: ")]
    assert done.code == 1 and "Traceback" not in done.said
    assert len(said) == 1 and "row 2: split 'dev' is no split" in said[0]
    make_folder(tmp_path / "good", seconds=0.5)
    overlay.write_text(overlay.read_text().replace("/data", "/good"))
    assert run_snakemake(tmp_path, "--dry-run", overlays=(str(overlay),)).code == 0
