"""Clip preparation beside its peers, in one run: python benchmarks/clips.py

Recordings are generated (16-bit stereo WAV, as MAESTRO's), each method is timed several times in
turn, and the least CPU time of each counts, for which other jobs on the machine matter little. The
last column says whether the project's bound is met.
"""

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import soundfile
import soxr
import symusic
import torch
import torchaudio
from rich.console import Console
from rich.table import Table

from spiking_music import config as configuration
from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.clips import build_clips

ROOT = Path(__file__).parents[1]
RAW = configuration.read([str(ROOT / "config.yaml")])
SIGNAL = configuration.section(RAW, SignalConfig)
DATASET = configuration.section(RAW, DatasetConfig)
RATES = (48_000, 44_100)  # Hz of the recordings, in turn
RECORDINGS, MINUTES, ROUNDS = 4, 9, 7  # MAESTRO: 9.3 minutes on average
CLIPS_READ = 200
LONG_MINUTES = 30


def main() -> None:
    torch.set_num_threads(1)
    table = Table("what", "method", "measured", "ratio", "bound", "met")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        root = Path(folder)
        catalogue = generate(root, [RATES[i % 2] for i in range(RECORDINGS)], MINUTES)
        preparation(table, root, catalogue)
        random_reads(table, root, catalogue)
        memory(table, root)
    resamplers(table)
    Console(width=120).print(table)


def generate(root: Path, rates: list[int], minutes: float) -> pd.DataFrame:
    """Write stereo recordings of tones and noise with a MIDI file each, and their catalogue."""
    rng, rows = np.random.default_rng(0), []
    for index, rate in enumerate(rates):
        path = root / f"{index}.wav"
        with soundfile.SoundFile(path, "w", rate, 2, "PCM_16") as file:
            for second in range(int(minutes * 60)):
                seconds = second + np.arange(rate) / rate
                tone = 0.2 * np.sin(2 * np.pi * 220 * seconds)
                file.write(0.05 * rng.standard_normal((rate, 2)) + tone[:, None])
        score = symusic.Score(480)
        score.tracks.append(symusic.Track())
        score.tracks[0].notes.append(symusic.Note(0, 480, 60, 80))
        score.dump_midi(path.with_suffix(".mid"))
        rows.append((index, path.name, f"{index}.mid", 60 * minutes))
    columns = ["performance", "audio_filename", "midi_filename", "duration"]
    catalogue = pd.DataFrame(rows, columns=columns).assign(
        canonical_composer="Nobody", canonical_title="Noise", year=2024, split="train", shard=0
    )
    catalogue.to_csv(root / "performances.csv", index=False)
    return catalogue


def preparation(table: Table, root: Path, catalogue: pd.DataFrame) -> None:
    paths = [root / name for name in catalogue["audio_filename"]]
    bare, ours, peer = race(
        lambda: [bare_decode(path) for path in paths],
        lambda: prepare(root),
        lambda: [librosa.load(path, sr=SIGNAL.sample_rate) for path in paths],
    )
    what = f"{RECORDINGS} recordings of {MINUTES} min"
    table.add_row(what, "bare: soundfile + soxr", f"{bare * 1e3:.0f} ms", "1.00", "", "")
    add(table, "", "build_clips", f"{ours * 1e3:.0f} ms", ours / bare, 1.3, at_most=True)
    add(table, "", "librosa.load / ours", f"{peer * 1e3:.0f} ms", peer / ours, 3, at_most=False)


def prepare(root: Path) -> None:
    outputs = root / "clips.h5", root / "clips.csv"
    build_clips(root / "performances.csv", root, "train", 0, *outputs, SIGNAL, DATASET)


def bare_decode(path: Path, start: int = 0, frames: int = -1) -> np.ndarray:
    """The fastest way known here to decode, down-mix and resample; keeps no result."""
    with soundfile.SoundFile(path) as file:
        file.seek(start)
        left = file.frames if frames < 0 else frames
        resampler = soxr.ResampleStream(file.samplerate, SIGNAL.sample_rate, 1, quality="HQ")
        weights = np.full(2, 0.5 / 32768, np.float32)
        while left > 0:
            block = file.read(min(left, 2**16), dtype="int16")
            left -= len(block)
            mono = resampler.resample_chunk(block.astype(np.float32) @ weights, last=left <= 0)
    return mono


def random_reads(table: Table, root: Path, catalogue: pd.DataFrame) -> None:
    clips = Clips([root / "clips.h5"])
    places = pd.read_csv(root / "clips.csv")
    chosen = np.random.default_rng(0).integers(len(clips), size=CLIPS_READ)

    def read() -> None:
        for index in chosen:
            clips[index]

    def decode() -> None:
        for index in chosen:
            path = root / catalogue["audio_filename"][places["performance"][index]]
            ratio = RATES[places["performance"][index] % 2] / SIGNAL.sample_rate
            start = int(places["offset"][index] * ratio)
            bare_decode(path, start, int(SIGNAL.clip_samples * ratio))

    ours, peer = race(read, decode)
    unit = 1e6 / CLIPS_READ
    table.add_row("one random clip", r"Clips\[i]", f"{ours * unit:.0f} µs", "1.00", "", "")
    method = "seek + decode + resample"
    add(table, "", method, f"{peer * unit:.0f} µs", peer / ours, 10, at_most=False)


def memory(table: Table, root: Path) -> None:
    """Peak resident memory of a fresh process, from /proc: rusage counts its parent's, too."""
    long = root / "long"
    long.mkdir()
    generate(long, [48_000], LONG_MINUTES)
    code = (
        "import sys; from pathlib import Path\n"
        "from spiking_music.config import DatasetConfig, SignalConfig\n"
        "from spiking_music.data.clips import build_clips\n"
        "root = Path(sys.argv[1])\n"
        "build_clips(root / 'performances.csv', root, 'train', 0, root / 'c.h5', root / 'c.csv',\n"
        "    SignalConfig.model_validate_json(sys.argv[2]),\n"
        "    DatasetConfig.model_validate_json(sys.argv[3]))\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    arguments = [str(long), SIGNAL.model_dump_json(), DATASET.model_dump_json()]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    peak = int(done.stdout) / 1024
    what = f"{LONG_MINUTES} min, 48 kHz stereo"
    add(table, what, "peak memory", f"{peak:.0f} MiB", peak / 400, 1, at_most=True)


def resamplers(table: Table) -> None:
    """Time, gain and distortion of a tone in the pass band, alias of a tone beyond the new band."""
    rate, new, seconds = 48_000, SIGNAL.sample_rate, 60
    noise = (0.1 * np.random.default_rng(0).standard_normal(rate * seconds)).astype(np.float32)
    kaiser = torchaudio.transforms.Resample(  # the "kaiser best" of torchaudio's documentation
        rate, new, "sinc_interp_kaiser", 64, 0.9475937167399596, 14.769656459379492
    )
    methods: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "soxr HQ": lambda x: soxr.resample(x, rate, new, "HQ"),
        "torchaudio": lambda x: kaiser(torch.from_numpy(x)).numpy(),
    }
    times = race(*(lambda method=method: method(noise) for method in methods.values()))
    for (name, method), spent in zip(methods.items(), times, strict=True):
        found, wanted = middle(method(tone(9_000, rate))), middle(tone(9_000, new))
        gain = np.dot(found, wanted) / np.dot(wanted, wanted)
        quality = (
            f"{name}: at 9 kHz gain {20 * np.log10(gain):+.4f} dB, distortion "
            f"{decibels(found - gain * wanted):.0f} dB; alias of 12.5 kHz "
            f"{decibels(middle(method(tone(12_500, rate)))):.0f} dB"
        )
        cells = f"resample {seconds} s", quality, f"{spent * 1e3:.1f} ms"
        table.add_row(*cells, f"{spent / times[0]:.2f}")


def tone(frequency: float, rate: int) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(2 * rate) / rate).astype(np.float32)


def middle(signal: np.ndarray) -> np.ndarray:
    """The second of 2 s that no edge touches, as float64."""
    return signal[len(signal) // 4 :][: len(signal) // 2].astype(np.float64)


def decibels(signal: np.ndarray) -> float:
    """Level re a full-scale tone."""
    return float(10 * np.log10(2 * np.mean(signal**2)))


def race(*runners: Callable[[], object]) -> list[float]:
    """Least CPU seconds of each runner over ROUNDS rounds, taking turns."""
    best = [np.inf] * len(runners)
    for _ in range(ROUNDS):
        for index, run in enumerate(runners):
            began = time.process_time()
            run()
            best[index] = min(best[index], time.process_time() - began)
    return best


def add(
    table: Table, what: str, method: str, measured: str, ratio: float, bound: float, at_most: bool
) -> None:
    met = ratio <= bound if at_most else ratio >= bound
    sign = "≤" if at_most else "≥"
    verdict = "yes" if met else "NO"
    table.add_row(what, method, measured, f"{ratio:.2f}", f"{sign} {bound:g}", verdict)


if __name__ == "__main__":
    main()
