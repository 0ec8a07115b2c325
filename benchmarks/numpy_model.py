"""The package's model beside the same in torch: python -m benchmarks.numpy_model

`BASE` is the version to compare with, the last one before the entropy coder became faster: its
network in torch, and all else as it was. It is checked out next to this one, and each version has a
process of its own with one thread. Both code the same music, rendered for the purpose, in turns; of
several rounds the least CPU time counts. "model" is the network alone, in windows as the codec cuts
them; "stream" has entropy coding and container. EnCodec (its own class, random weights, 3 kbps) and
libopus (by libsndfile, at 24 kHz) take their turns. Start-up is CPU time of fresh processes with
numba's cache filled. Needs git and its history, and `encodec` (extra `dev`).
"""

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from benchmarks.timing import Run, race, started, timed
from rich.console import Console
from rich.table import Table

from spiking_music.codec.model_folder import load_model
from spiking_music.codec.session import Codec

ROOT, BASE = Path(__file__).parents[1], "71d1ba7"
RATE, SECONDS, ROUNDS, LEVEL = 22_050, 16, 9, 16
OTHER_RATE = 24_000  # EnCodec's, and one of Opus's
WORK = [(what, way) for what in ("model", "stream") for way in ("encode", "decode")]
BOUND = 1.5  # times as fast as the base
LOAD = "import spiking_music; spiking_music.load()"
STARTS = {"import and load()": 0.5, "encode of 3 s": 1.0}  # s, bounds


def main() -> None:
    console = Console(width=110)
    with checked_out(BASE) as base:
        console.print(speed(base))
        console.print(starts(base))


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A temporary folder with the repository as it was."""
    git = ["git", "-C", ROOT, "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "base"
        subprocess.run([*git, "add", "--detach", "--quiet", place, commit], check=True)
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", place], check=True)


def environment(root: Path) -> dict[str, str]:
    """That of a process which runs the package in `root`, and this benchmark, on one thread."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PYTHONPATH": f"{root / 'src'}:{ROOT}"}


def speed(base: Path) -> Table:
    table = Table("what", "way", "x real time, numpy", f"torch, {BASE}", "ratio", "bound", "met")
    table.add_column("EnCodec")
    table.add_column("Opus")
    with (
        worker(ROOT, "numpy") as new,
        worker(base, "torch") as old,
        worker(ROOT, "others") as others,
    ):
        for what, way in WORK:
            runs = [new(f"{what} {way}"), old(f"{what} {way}")]
            if what == "stream":
                runs += [others(f"{name} {way}") for name in ("EnCodec", "Opus")]
            spent = race(runs, ROUNDS)
            ratio = spent[1] / spent[0]
            cells = [f"{SECONDS / seconds:.0f}" for seconds in spent]
            met = "yes" if ratio >= BOUND else "NO"
            table.add_row(what, way, *cells[:2], f"{ratio:.2f}", f"≥ {BOUND}", met, *cells[2:])
    return table


@contextmanager
def worker(root: Path, engine: str) -> Iterator[Callable[[str], Run]]:
    """Runs by name, of a process with the package in `root`."""
    call = [sys.executable, "-m", "benchmarks.numpy_model", engine]
    with subprocess.Popen(
        call, env=environment(root), cwd=ROOT, text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        asked, told = process.stdin, process.stdout
        assert asked is not None and told is not None

        def run(name: str) -> float:
            print(name, file=asked)
            return float(told.readline())

        yield lambda name: lambda: run(name)
        asked.close()


def serve(engine: str) -> None:
    """The worker: CPU seconds of each run that is named on standard input."""
    with suppress(ImportError):
        import torch

        torch.set_num_threads(1)
    if engine == "others":
        works = other_work()
    else:
        codec = Codec(load_model(torch=engine == "torch"))
        works = model_work(codec) | stream_work(codec)
    runs = {name: timed(work) for name, work in works.items()}
    for line in sys.stdin:
        print(runs[line.strip()](), flush=True)


def model_work(codec: Codec) -> dict[str, Callable[[], object]]:
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
        "model encode": lambda: [network.encode(audio, level) for _ in rounds],
        "model decode": lambda: [network.decode(codes, level, [0] * 4, kept) for _ in rounds],
    }


def stream_work(codec: Codec) -> dict[str, Callable[[], object]]:
    sound = music(9)
    stream = codec.encode(sound, RATE, level=LEVEL)
    codec.decode(stream)
    return {
        "stream encode": lambda: codec.encode(sound, RATE, level=LEVEL),
        "stream decode": lambda: codec.decode(stream),
    }


def other_work() -> dict[str, Callable[[], object]]:
    """EnCodec and Opus, on the same sound at the rate that they code."""
    import torch
    from benchmarks.codec import encodec_model

    encodec = encodec_model()
    sound = soxr.resample(music(9), RATE, OTHER_RATE)
    batch, opus = torch.from_numpy(sound)[None, None], io.BytesIO()
    soundfile.write(opus, sound, OTHER_RATE, "OPUS", format="OGG")
    with torch.no_grad():
        frames = encodec.encode(batch)
    return {
        "EnCodec encode": torch.no_grad()(lambda: encodec.encode(batch)),
        "EnCodec decode": torch.no_grad()(lambda: encodec.decode(frames)),
        "Opus encode": lambda: soundfile.write(
            io.BytesIO(), sound, OTHER_RATE, "OPUS", format="OGG"
        ),
        "Opus decode": lambda: soundfile.read(io.BytesIO(opus.getvalue())),
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


def starts(base: Path) -> Table:
    table = Table("start-up, CPU s", "now", BASE, "bound", "met")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.wav", Path(folder) / "a.spk"
        soundfile.write(source, music(0)[: 3 * RATE], RATE)
        verb = [sys.executable, "-m", "spiking_music", "encode", source, target, "--force"]
        calls = dict(zip(STARTS, ([sys.executable, "-c", LOAD], verb), strict=True))
        for name, call in calls.items():
            runs = [started(call, env=environment(root)) for root in (ROOT, base)]
            now, then = race(runs, ROUNDS)
            met = "yes" if now <= STARTS[name] else "NO"
            table.add_row(name, f"{now:.2f}", f"{then:.2f}", f"≤ {STARTS[name]}", met)
    return table


if __name__ == "__main__":
    serve(sys.argv[1]) if sys.argv[1:] else main()
