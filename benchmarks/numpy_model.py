"""The package's model in numpy beside the same in torch: python benchmarks/numpy_model.py

Both code the same music, rendered for the purpose, on one thread and in turns; of several rounds
the least CPU time counts, for which other jobs on the machine matter little. "model" is the network
alone, in windows as the codec cuts them; "stream" has entropy coding and container, which are the
same for both. Start-up is CPU time of fresh processes with numba's cache filled.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import torch
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from spiking_music.codec.model_folder import load_model
from spiking_music.codec.session import Codec

RATE, SECONDS, ROUNDS, LEVEL = 22_050, 16, 9, 10
BOUND = 1.5  # times as fast as torch
LOAD = "import spiking_music; spiking_music.load()"
STARTS = {"import and load()": 0.5, "encode of 3 s": 1.0}  # s, bounds


def main() -> None:
    torch.set_num_threads(1)
    console = Console(width=110)
    codecs = {"numpy": Codec(load_model()), "torch": Codec(load_model(torch=True))}
    with threadpool_limits(1):
        console.print(speed(codecs))
    console.print(starts())


def speed(codecs: dict[str, Codec]) -> Table:
    runs: dict[tuple[str, str], list[Callable[[], object]]] = {}
    for codec in codecs.values():
        for what, run in (model_runs(codec) | stream_runs(codec)).items():
            runs.setdefault(what, []).append(run)
    table = Table("what", "way", "x real time, numpy", "torch", "ratio", "bound", "met")
    for (what, way), both in runs.items():
        numpys, torchs = race(both)
        ratio, bound, met = torchs / numpys, "", ""
        if what == "model":
            bound, met = f"≥ {BOUND}", "yes" if ratio >= BOUND else "NO"
        cells = [f"{SECONDS / spent:.0f}" for spent in (numpys, torchs)]
        table.add_row(what, way, *cells, f"{ratio:.2f}", bound, met)
    return table


def model_runs(codec: Codec) -> dict[tuple[str, str], Callable[[], object]]:
    """The network, on as many seconds in windows of a block and its context."""
    network, header = codec.model.network, codec.model.header(RATE)
    size, hop = header.block_steps, header.hop
    blocks = SECONDS * RATE / (size * hop)

    def windows(context: int) -> np.ndarray:
        steps = size + 2 * context
        return np.stack([music(i)[: steps * hop] for i in range(4)])

    level = np.full(4, LEVEL)
    audio = windows(network.context.encoder)
    codes = network.encode(windows(network.context.decoder), level)
    kept = slice(network.context.decoder, network.context.decoder + size)
    rounds = range(round(blocks / 4))
    return {
        ("model", "encode"): lambda: [network.encode(audio, level) for _ in rounds],
        ("model", "decode"): lambda: [network.decode(codes, level, [0] * 4, kept) for _ in rounds],
    }


def stream_runs(codec: Codec) -> dict[tuple[str, str], Callable[[], object]]:
    sound = music(9)
    stream = codec.encode(sound, RATE, level=LEVEL)
    return {
        ("stream", "encode"): lambda: codec.encode(sound, RATE, level=LEVEL),
        ("stream", "decode"): lambda: codec.decode(stream),
    }


@cache
def music(seed: int) -> np.ndarray:
    """Plucked tones of six partials, four a second, (n,) float32."""
    draw = np.random.default_rng(seed)
    seconds = np.arange(SECONDS * RATE) / RATE
    audio = 1e-4 * draw.standard_normal(len(seconds))
    for onset in np.arange(0, SECONDS, 0.25):
        begin = int(onset * RATE)
        since, pitch = (
            seconds[: len(seconds) - begin][: 2 * RATE],
            55 * 2 ** (draw.integers(60) / 12),
        )
        for partial in range(1, 7):
            wave = np.sin(2 * np.pi * partial * pitch * since) * np.exp(-3 * partial**0.5 * since)
            audio[begin : begin + len(wave)] += 0.1 / partial * wave
    return np.float32(audio / np.abs(audio).max())


def race(runs: list[Callable[[], object]]) -> list[float]:
    """Least CPU seconds of each over `ROUNDS` rounds, taking turns."""
    best = [np.inf] * len(runs)
    for _ in range(ROUNDS):
        for index, run in enumerate(runs):
            began = time.process_time()
            run()
            best[index] = min(best[index], time.process_time() - began)
    return best


def starts() -> Table:
    table = Table("start-up", "CPU s", "bound", "met")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.wav", Path(folder) / "a.spk"
        soundfile.write(source, music(0)[: 3 * RATE], RATE)
        verb = [sys.executable, "-m", "spiking_music", "encode", source, target, "--force"]
        calls = dict(zip(STARTS, ([sys.executable, "-c", LOAD], verb), strict=True))
        for name, call in calls.items():
            spent = min(cpu_seconds(call) for _ in range(5))
            met = "yes" if spent <= STARTS[name] else "NO"
            table.add_row(name, f"{spent:.2f}", f"≤ {STARTS[name]}", met)
    return table


def cpu_seconds(call: list) -> float:
    """CPU time, user and system, of a process from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(call, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
