"""What all of MAESTRO costs: python benchmarks/scaling.py [--minutes 40] [--hours 198.7]

Three tables. The workflow: jobs of all variants on all shards, and how long Snakemake takes to plan
them. Preparation: a slice of stereo recordings, made here and stored as MAESTRO's are, goes through
`recordings`, `clips` and `onsets`; time and bytes are scaled to all hours. Training: floating-point
operations of one step of each row of config/experiments/paper.yaml, forward and backward, counted
by torch on a crop and scaled to batch and steps; hours are for a GPU that sustains `--tflops`.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pretty_midi
import soundfile
import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from spiking_music import config as configuration
from spiking_music.config import GanConfig, VariantConfig
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.engine import Objective, make_fabric, seed_everything
from spiking_music.training.gan import Adversary
from spiking_music.training.losses import ReconstructionLoss

ROOT = Path(__file__).parents[1]
CONFIGS = [
    str(ROOT / name)
    for name in ("config.yaml", "config/data/maestro.yaml", "config/experiments/paper.yaml")
]
RATES = (44_100, 48_000)  # Hz; MAESTRO has both
STEPS = ("recordings", "clips", "onsets")


def planned(folder: Path) -> tuple[int, float]:
    """Jobs of the whole workflow, and the seconds of a dry run."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "host", "--forceall"]
    command += ["--configfile", *CONFIGS, "--directory", str(folder)]
    command += ["--snakefile", str(ROOT / "Snakefile")]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return int(re.findall(r"^total\s+(\d+)$", done.stdout, re.M)[0]), time.perf_counter() - start


def record(folder: Path, minutes: float) -> float:
    """Four stereo recordings with MIDI and table in MAESTRO's layout; their hours."""
    draw, rows = np.random.default_rng(0), []
    for number in range(4):
        rate, stem = RATES[number % 2], f"2004/piece-{number}"
        (folder / "2004").mkdir(exist_ok=True)
        seconds = int(60 * minutes / 4)
        with soundfile.SoundFile(folder / f"{stem}.wav", "w", rate, 2, "PCM_16") as file:
            for _ in range(seconds):  # decaying noise: decoding does not care
                tone = draw.standard_normal((rate, 2)) * np.linspace(0.2, 0.01, rate)[:, None]
                file.write(tone)
        piano = pretty_midi.Instrument(program=0)
        for start in np.arange(0, seconds - 1, 0.1):  # 10 notes a second, as in MAESTRO
            pitch = int(draw.integers(21, 109))
            piano.notes.append(pretty_midi.Note(60, pitch, start, start + 0.3))
        midi = pretty_midi.PrettyMIDI()
        midi.instruments.append(piano)
        midi.write(str(folder / f"{stem}.midi"))
        split = ("train", "train", "validation", "test")[number]
        rows.append(f"A,{stem},{split},2004,{stem}.midi,{stem}.wav,{seconds}")
    head = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"
    (folder / "maestro-v3.0.0.csv").write_text("\n".join([head, *rows]) + "\n")
    return 4 * seconds / 3600


def prepared(folder: Path) -> dict[str, tuple[float, int]]:
    """CPU seconds and bytes written of each step of preparation, jobs of Snakemake included."""
    found = {}
    for step in STEPS:
        target = {"recordings": "recordings/manifest-0.csv"}.get(step)
        splits = [f"{step}/{split}" for split in ("train", "validation", "test")]
        ends = {"clips": "-0.h5", "onsets": ".zarr.zip"}.get(step, "")
        names = [target] if target else [name + ends for name in splits]
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
        command += ["--directory", str(folder), "--snakefile", str(ROOT / "Snakefile")]
        command += ["--configfile", *CONFIGS, "--config"]
        command += [f"dataset={{shards: 1, source: folder, path: {folder}}}", "--"]
        command += [f"results/maestro/{name}" for name in names]
        before = os.times()
        subprocess.run(command, check=True, cwd=ROOT)
        after = os.times()
        used = sum(after[2:4]) - sum(before[2:4])  # of children
        made = (folder / "results/maestro" / step).rglob("*")
        found[step] = used, sum(path.stat().st_size for path in made if path.is_file())
    return found


def flops(config: VariantConfig) -> float:
    """Of a step's forward and backward pass with a batch of one crop."""
    seed_everything(0, 0)
    fabric = make_fabric(config.training.model_copy(update={"precision": "32-true"}))
    model = Autoencoder(config)
    loss = ReconstructionLoss(config.training.loss, config.signal.sample_rate)
    objective = Objective(model, loss, config)
    x = 0.1 * torch.randn(1, 1, config.training.crop_samples)
    with FlopCounterMode(display=False) as counter:
        found = objective(x, 0)
        guide = found.loss
        if isinstance(config.decoder, GanConfig):
            guide = Adversary(config.decoder, fabric).judge(config.decoder.start, x, found)
        guide.backward()
    return float(counter.get_total_flops())


def rows() -> Iterator[VariantConfig]:
    raw = configuration.read([CONFIGS[0], CONFIGS[2]])
    for name in configuration.variants(raw):
        yield configuration.variant(raw, name)


def main() -> None:
    """Read the command line; print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=40, help="of the measured slice")
    parser.add_argument("--hours", type=float, default=198.7, help="of the data set")
    parser.add_argument("--tflops", type=float, default=200, help="that a GPU sustains")
    options = parser.parse_args()
    torch.set_num_threads(1)
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hours = record(folder, options.minutes)
        jobs, seconds = planned(folder)
        console.print(f"{jobs} jobs, planned in {seconds:.1f} s")
        table = Table("preparation", "CPU s an hour", "all: hours on 2 cores", "all: GB")
        for step, (used, size) in prepared(folder).items():
            whole = options.hours / hours
            cores = f"{used * whole / 7200:.2f}"
            table.add_row(step, f"{used / hours:.0f}", cores, f"{size * whole / 1e9:.1f}")
        console.print(table)
    table = Table("variant", "GFLOP a crop", "TFLOP a step", "steps", "GPU hours")
    for config in rows():
        training, one = config.training, flops(config)
        step = one * training.batch_size
        gpu = step * training.last_step / (options.tflops * 1e12) / 3600
        counts = f"{one / 1e9:.0f}", f"{step / 1e12:.2f}", f"{training.last_step}"
        table.add_row(config.name, *counts, f"{gpu:.1f}")
    console.print(table)


if __name__ == "__main__":
    main()
