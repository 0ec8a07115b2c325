"""Training speed, with and without loading ahead, side by side: python benchmarks/training.py

Clips are generated in a temporary folder. Both ways of loading take turns on the same model within
one run, so that other jobs on the machine burden them alike. `wait share` is the time the step
waits for its batch; "bare" takes one batch over and over: the speed that no loader can exceed.
"""

import argparse
import itertools
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from spiking_music import config as configuration
from spiking_music.config import SignalConfig, VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.shard import ShardFile, quantise
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.data import CropBatches, batches
from spiking_music.training.engine import Objective, make_fabric, seed_everything
from spiking_music.training.losses import ReconstructionLoss
from spiking_music.training.optim import Ema

ROOT = Path(__file__).parents[1]
CLIPS = 300  # 77 MB of audio


def generate(path: Path, signal: SignalConfig) -> Path:
    """A shard of noise that decays: it trains nothing, but it reads like music."""
    random = np.random.default_rng(0)
    envelope = np.exp(-np.linspace(0, 5, signal.clip_samples)).astype(np.float32)
    with ShardFile(path, signal, "train", 0) as shard:
        for _ in range(CLIPS):
            noise = 0.1 * random.standard_normal(signal.clip_samples, np.float32)
            shard.append(*quantise(noise * envelope))
    return path


def loaders(crops: CropBatches, steps: range, cuda: bool) -> dict[str, AbstractContextManager]:
    """Ways to get the batches of `steps`; those of `batches` are the project's."""
    repeated = itertools.repeat(crops[0])
    direct: Iterator[Tensor] = (crops[step] for step in steps)
    return {
        "bare": nullcontext(repeated),
        "in step": nullcontext(direct),
        "thread ahead": batches(crops, steps, workers=0, pin=cuda),
    }


def measure(config: VariantConfig, shard: Path, rounds: int, steps: int) -> None:
    """Print a row for each loader: medians over rounds of `steps` steps."""
    training = config.training
    fabric = make_fabric(training)
    seed_everything(config.seed, 0)
    model = Autoencoder(config).to(fabric.device)
    ema = Ema(model, training.ema_decay)
    loss = ReconstructionLoss(training.loss, config.signal.sample_rate).to(fabric.device)
    objective, optimizer = fabric.setup(
        Objective(model, loss, config), torch.optim.AdamW(model.parameters())
    )
    cuda = fabric.device.type == "cuda"

    def train(x: Tensor) -> None:
        fabric.backward(objective(x.to(fabric.device, non_blocking=True), 0).loss)
        fabric.clip_gradients(objective, optimizer, max_norm=training.gradient_clip)
        optimizer.step()
        optimizer.zero_grad()
        ema.update(model, 1)
        if cuda:
            torch.cuda.synchronize()

    crops = CropBatches(Clips([shard]), training, config.seed)
    for _ in range(3):
        train(crops[0])
    walls, waits = defaultdict(list), defaultdict(list)
    for number in range(rounds):
        span = range(number * steps, (number + 1) * steps)
        for name, source in loaders(crops, span, cuda).items():
            waited, begun = 0.0, time.perf_counter()
            with source as loader:
                for _ in span:
                    asked = time.perf_counter()
                    x = next(loader)
                    waited += time.perf_counter() - asked
                    train(x)
            wall = time.perf_counter() - begun
            walls[name].append(wall / steps)
            waits[name].append(waited / wall)

    table = Table(title=f"{config.name} on {fabric.device}, {training.batch_size} crops a step")
    for column in ("batches", "steps/s", "seconds of audio a second", "wait share"):
        table.add_column(column, justify="left" if column == "batches" else "right")
    seconds = training.batch_size * training.crop_samples / config.signal.sample_rate
    for name in walls:
        speed = 1 / float(np.median(walls[name]))
        share = float(np.median(waits[name]))
        table.add_row(name, f"{speed:.2f}", f"{speed * seconds:.0f}", f"{share:.2%}")
    Console().print(table)


def main() -> None:
    """Read the command line and measure each variant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", nargs="*", default=[str(ROOT / "config.yaml")])
    parser.add_argument("--variants", nargs="*", default=["free", "rvq"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="of each loader in each round")
    arguments = parser.parse_args()
    raw = configuration.read(arguments.config)
    with tempfile.TemporaryDirectory() as folder:
        shard = generate(Path(folder) / "train-0.h5", configuration.section(raw, SignalConfig))
        for name in arguments.variants:
            measure(configuration.variant(raw, name), shard, arguments.rounds, arguments.steps)


if __name__ == "__main__":
    main()
