"""The whole codec beside EnCodec's code, and its memory: python -m benchmarks.codec

Time does not depend on weights, so all models have random ones. Codecs take turns on one thread; of
several rounds the least CPU time counts, for which other jobs on the machine matter little: a row
says how many seconds of sound a second of one core encodes or decodes. Memory is the peak of a
fresh process that codes a file of a minute, and one of an hour. Needs `encodec` (extra `dev`).
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch
from benchmarks.timing import race, timed
from encodec import EncodecModel
from rich.console import Console
from rich.table import Table

from spiking_music import config as configuration
from spiking_music.codec.session import Codec, load
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import save_weights

ROOT = Path(__file__).parents[1]
SECONDS, ROUNDS = 30, 5
BOUND = 100  # times real time; asked of two cores
ENCODEC = "EnCodec 24 kHz"
SEANET = """{"variants": {"seanet":
  {"backbone": "seanet", "bottleneck": "binary", "decoder": "regression"}}}"""
GROWTH = 1.1  # of memory from a minute to an hour


def main() -> None:
    torch.set_num_threads(1)
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        models = {name: model_folder(root, name) for name in ("free", "rvq", "seanet")}
        console.print(speed({name: load(path) for name, path in models.items()}))
        console.print(memory(root, models["free"]))


def model_folder(root: Path, name: str) -> Path:
    """A model of `config.yaml` with random weights, its batch norm and codebooks filled."""
    config = configuration.variant(configuration.read([str(ROOT / "config.yaml"), SEANET]), name)
    torch.manual_seed(0)
    model = Autoencoder(config)
    with torch.no_grad():
        model(0.1 * torch.randn(32, 1, 64 * config.signal.hop))
    save_weights(model, config, root / name / "weights.safetensors", {})
    return root / name


def speed(codecs: dict[str, Codec]) -> Table:
    """Encode and decode of every codec, in turns."""
    runs: dict[tuple[str, str], Callable[[], object]] = {}
    sound = noise(22050)
    for name, codec in codecs.items():
        stream = codec.encode(sound, 22050)
        runs[name, "encode"] = lambda codec=codec: codec.encode(sound, 22050)
        runs[name, "decode"] = lambda codec=codec, stream=stream: codec.decode(stream)
    runs |= encodec()
    best = dict(zip(runs, race([timed(run) for run in runs.values()], ROUNDS), strict=True))
    table = Table("codec", "way", "x real time, one core", "x EnCodec", "bound", "met")
    for (name, way), spent in best.items():
        ratio, real = best[ENCODEC, way] / spent, SECONDS / spent
        bound, met = "", True
        if name in ("free", "rvq"):
            bound, met = f"≥ {BOUND}, faster than EnCodec", real >= BOUND and ratio > 1
        elif name == "seanet":
            bound, met = "no slower than EnCodec", ratio >= 1
        table.add_row(name, way, f"{real:.0f}", f"{ratio:.2f}", bound, "yes" if met else "NO")
    return table


def encodec() -> dict[tuple[str, str], Callable[[], object]]:
    run, model = torch.inference_mode(), encodec_model()
    sound = torch.from_numpy(noise(24_000))[None, None]
    encode, decode = run(model.encode), run(model.decode)
    frames = encode(sound)
    return {
        (ENCODEC, "encode"): lambda: encode(sound),
        (ENCODEC, "decode"): lambda: decode(frames),
    }


def encodec_model() -> EncodecModel:
    """EnCodec's own class as its 24 kHz model is built, at 3 kbps, nothing downloaded."""
    torch.manual_seed(0)
    model = EncodecModel._get_model([1.5, 3.0, 6.0, 12.0, 24.0], name="random").eval()
    model.set_target_bandwidth(3.0)
    for layer in model.quantizer.vq.layers:
        layer._codebook.inited.fill_(1)  # or it would run k-means on what it is given
    return model


def noise(rate: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(rate * SECONDS)).astype(np.float32)


def memory(root: Path, model: Path) -> Table:
    """Peak resident memory of the command line, a minute and an hour of 44.1 kHz stereo."""
    table = Table("verb", "a minute", "an hour", "ratio", "bound", "met")
    for minutes in (1, 60):
        write_recording(root / f"{minutes}.wav", minutes)
    for verb, source, target in (("encode", "wav", "spk"), ("decode", "spk", "out.wav")):
        peaks = [
            peak(verb, root / f"{minutes}.{source}", root / f"{minutes}.{target}", model)
            for minutes in (1, 60)
        ]
        ratio = peaks[1] / peaks[0]
        cells = [f"{value:.0f} MiB" for value in peaks]
        table.add_row(
            verb, *cells, f"{ratio:.3f}", f"≤ {GROWTH}", "yes" if ratio <= GROWTH else "NO"
        )
    return table


def write_recording(path: Path, minutes: int) -> None:
    rng = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
        for _ in range(60 * minutes):
            file.write(0.1 * rng.standard_normal((44_100, 2)))


def peak(verb: str, source: Path, target: Path, model: Path) -> float:
    """MiB, from /proc: rusage counts the parent's memory, too."""
    code = (
        "import sys; from pathlib import Path; from spiking_music import cli\n"
        "cli.app(standalone_mode=False)\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    arguments = [verb, str(source), str(target), "--model", str(model)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1]) / 1024


if __name__ == "__main__":
    main()
