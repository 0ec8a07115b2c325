"""The demo's models, trained on piano, on other instruments: python experiments/generality.py

The pieces of the demo's test split are played by instruments of the sound font, the piano among
them, without MIDI beside them; the workflow then measures the demo's models on these recordings
(`models_from: demo`, `notes: none`). Needs `make demo` in the same folder. docs/generality.md.
"""

import argparse
import json
import subprocess
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from spiking_music import config as configuration
from spiking_music.config import DatasetConfig
from spiking_music.data import demo
from spiking_music.data.compose import compose
from spiking_music.data.render import open_soundfont, render
from spiking_music.data.soundfont import SoundFont
from spiking_music.evaluation.bootstrap import interval

ROOT = Path(__file__).parents[1]
PROGRAMS = {"piano": 0, "guitar": 24, "strings": 48, "choir": 52, "flute": 73}  # General MIDI
RATE, NAME = 44100, "instruments"
RESAMPLINGS = 2000


def record(folder: Path, dataset: DatasetConfig, seed: int) -> None:
    """Write a recording a piece and instrument, and the table of all, in the test split."""
    table, pieces = demo.table(dataset.demo, seed), demo.plan(dataset.demo, seed)
    path = open_soundfont(dataset.soundfont, RATE).path
    rows = []
    for name, program in PROGRAMS.items():
        font = SoundFont(path, RATE, program)
        for row in table[table["split"] == "test"].to_dict("records"):
            stem = str(Path(row["audio_filename"]).with_suffix(""))
            audio = f"{name}/{Path(stem).name}.flac"
            performance = compose(pieces[stem])
            render(performance, font, 1, folder / audio)
            rows.append({**row, "canonical_composer": name, "audio_filename": audio})
    pd.DataFrame(rows).drop(columns="midi_filename").to_csv(folder / "metadata.csv", index=False)


def measure(folder: Path, variants: list[str], off: list[str], results: Path) -> pd.DataFrame:
    """Run the workflow on `folder`; a row a clip and variant: instrument, rates and quality."""
    overlay = {
        "models_from": "demo",
        "dataset": {
            "name": NAME,
            "source": "folder",
            "path": str(folder),
            "notes": "none",
            "subset": {"splits": ["test"]},
        },
        "variants": dict.fromkeys(off),
        "evaluation": {"perceptual": False},
    }
    path = folder / "overlay.yaml"
    path.write_text(json.dumps(overlay))
    target = f"{results.relative_to(ROOT)}/{NAME}/summary.csv"
    command = ["snakemake", "--cores", "2", target, "--configfile", str(path)]
    subprocess.run(command, check=True, cwd=ROOT)
    played = pd.read_csv(results / NAME / "performances.csv").set_index("performance")
    parts = []
    for variant in variants:
        quality = pd.read_csv(results / NAME / "evaluation" / f"{variant}.csv")
        storage = results / NAME / "storage"
        quality["kbps_paper"] = pd.read_csv(storage / f"{variant}.csv")["kbps_paper"]
        quality["kbps"] = pd.read_csv(storage / f"{variant}-coded.csv")["kbps"]
        instrument = played["canonical_composer"][quality["performance"]].to_numpy()
        parts.append(quality.assign(variant=variant, instrument=instrument))
    return pd.concat(parts)


def show(clips: pd.DataFrame, seed: int) -> None:
    """Print means with 95 % intervals, a row a variant and instrument."""
    table = Table(
        "variant", "instrument", "clips", "kbps", "paper kbps", "SI-SNR dB", "mel distance dB"
    )
    for (variant, name), rows in clips.groupby(["variant", "instrument"], sort=False):
        cells = []
        for column in ("si_snr_db", "mel_distance"):
            low, high = interval(rows[column], rows["performance"], RESAMPLINGS, seed)
            cells.append(f"{rows[column].mean():.2f} [{low:.2f}, {high:.2f}]")
        rates = [f"{rows[column].mean():.2f}" for column in ("kbps", "kbps_paper")]
        table.add_row(str(variant), str(name), str(len(rows)), *rates, *cells)
    Console(width=110).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", nargs="+", default=["rvq", "free", "sparse"])
    chosen = parser.parse_args().variants
    raw = configuration.read([str(ROOT / "config.yaml")])
    results = ROOT / raw["results"]
    if not (results / "demo" / "models" / chosen[0] / "weights.safetensors").exists():
        print("there are no models of the demo: run make demo first")
        return
    folder = results / f"{NAME}-recordings"
    seed = configuration.seed(raw)
    record(folder, configuration.section(raw, DatasetConfig), seed)
    off = [name for name in configuration.variants(raw) if name not in chosen]
    show(measure(folder, chosen, off, results), seed)


if __name__ == "__main__":
    main()
