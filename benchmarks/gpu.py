"""What a GPU gives: parity with the CPU, speed, memory: python benchmarks/gpu.py --out gpu.md

Of the variants of config.yaml: do weights that a seed draws give the same codes and sound on GPU
and CPU, and the same losses over some train steps? Of config/experiments/paper.yaml's rows, at
their size: train steps a second in 32 bits, bf16 and 16-mixed, as they are and compiled, the share
of the device's peak, memory, and waiting for data; DDP over NCCL with one process. What does not
fit into memory is said to. `--device cpu --config config.yaml config/tiny.yaml --steps 2` tries the
script itself where there is no GPU.
"""

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.training import generate
from torch.nn.parallel import DistributedDataParallel
from torch.utils.flop_counter import FlopCounterMode

from spiking_music import config as configuration
from spiking_music.config import SignalConfig, VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.data import CropBatches, batches
from spiking_music.training.engine import make_fabric, seed_everything
from spiking_music.training.run import Run

ROOT = Path(__file__).parents[1]
DEMO = [str(ROOT / "config.yaml")]
PAPER = [*DEMO, str(ROOT / "config" / "experiments" / "paper.yaml")]
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
WARM = 3  # train steps before the clock starts

Row = dict[str, object]


def variants(files: list[str]) -> Iterator[VariantConfig]:
    """All rows of a configuration, from random weights."""
    raw = configuration.read([*files, '{"pretrained": false, "training": {"start_from": null}}'])
    for name, row in raw["variants"].items():
        if row is not None:
            yield configuration.variant(raw, name)


def on(config: VariantConfig, device: str, **changes: Any) -> VariantConfig:
    """`config` for one device, with other keys of `training`."""
    training = config.training.model_copy(update={"accelerator": device, "devices": 1} | changes)
    return config.model_copy(update={"training": training})


# --- parity


def parity(config: VariantConfig, shard: Path, device: str, steps: int) -> Row:
    """The same weights and crops on CPU and device: codes, sound, and losses of `steps` steps."""
    crops = CropBatches(Clips([shard]), config.training, config.seed)
    seed_everything(config.seed, 0)
    model = Autoencoder(config)
    level = torch.zeros(len(crops[0]), dtype=torch.int64) if config.levels else None
    model(crops[0], level)  # starts codebooks
    model.eval()
    outputs = {}
    for place in ("cpu", device):
        model.to(place)
        with torch.no_grad():
            codes = model.encode(crops[0].to(place), None if level is None else level.to(place))
        outputs[place] = codes.cpu()
    curves = [losses(on(config, place), crops, steps) for place in ("cpu", device)]
    gap = np.abs(curves[0] - curves[1]) / np.maximum(np.abs(curves[0]), 1e-3)
    same = (outputs["cpu"] == outputs[device]).float().mean().item()
    return {
        "variant": config.name,
        "equal codes": f"{same:.4%}",
        "loss, first step": f"{gap[0]:.1e}",
        f"loss, step {steps}": f"{gap[-1]:.1e}",
    }


def losses(config: VariantConfig, crops: CropBatches, steps: int) -> np.ndarray:
    run = Run(make_fabric(config.training), config, None, fresh=True)
    values = [
        run.step(step, crops[step].to(run.fabric.device)).loss.item() for step in range(steps)
    ]
    return np.array(values)


# --- speed


def speed(config: VariantConfig, shard: Path, compiled: bool, steps: int, peak: float) -> Row:
    """Train steps a second, what they wait for data, memory, and their share of `peak` FLOP/s."""
    row: Row = {
        "variant": config.name,
        "precision": config.training.precision,
        "compiled": "yes" if compiled else "no",
    }
    run = Run(make_fabric(config.training), config, None, fresh=True)
    crops = CropBatches(Clips([shard]), config.training, config.seed)
    device = run.fabric.device
    x = crops[0].to(device)
    with FlopCounterMode(display=False) as counter:
        run.step(0, x)
    if compiled:
        run.model.compile()
    for step in range(1, WARM):
        run.step(step, x)
    waited, began = 0.0, clock(device)
    span = range(WARM, WARM + steps)
    with batches(crops, span, config.training.workers, pin=device.type == "cuda") as loader:
        for step in span:
            asked = time.perf_counter()
            x = next(loader).to(device, non_blocking=True)
            waited += time.perf_counter() - asked
            run.step(step, x)
    seconds = clock(device) - began
    audio = steps * x.numel() / config.signal.sample_rate
    memory = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else float("nan")
    return row | {
        "steps/s": f"{steps / seconds:.2f}",
        "audio s/s": f"{audio / seconds:.0f}",
        "GFLOP a step": f"{counter.get_total_flops() / 1e9:.3g}",
        "of peak": f"{counter.get_total_flops() * steps / seconds / peak:.1%}",
        "GiB": f"{memory:.1f}",
        "waits": f"{waited / seconds:.1%}",
    }


def clock(device: torch.device) -> float:
    """Now, once the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def peaks(device: str) -> dict[str, float]:
    """FLOP/s of a large matrix product, the best of five, by the precision of training."""
    size, found = (8192 if device == "cuda" else 1024), {}
    for precision, kind in zip(
        PRECISIONS, (torch.float32, torch.bfloat16, torch.float16), strict=True
    ):
        a = torch.randn(size, size, device=device).to(kind)
        times = []
        for _ in range(6):
            began = clock(a.device)
            a @ a
            times.append(clock(a.device) - began)
        found[precision] = 2 * size**3 / min(times[1:])
    return found


# --- several processes


def nccl(config: VariantConfig, shard: Path, steps: int) -> Row:
    """The step under DDP in a group of one process beside the bare step: what its hooks cost."""
    crops = CropBatches(Clips([shard]), config.training, config.seed)
    run = Run(make_fabric(config.training), config, None, fresh=True)
    device = run.fabric.device
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29511"}
    backend = "nccl" if device.type == "cuda" else "gloo"
    torch.distributed.init_process_group(backend, rank=0, world_size=1)
    try:
        group = DistributedDataParallel(run.objective.module)
        seconds, values = [], []
        for module in (run.objective, group):
            seed_everything(config.seed, 1)
            x = crops[0].to(device)
            values.append(module(x, 0).loss.item())
            began = clock(device)
            for step in range(steps):
                module(x, step).loss.backward()
            seconds.append(clock(device) - began)
    finally:
        torch.distributed.destroy_process_group()
    return {
        "variant": config.name,
        "backend": backend,
        "loss differs by": f"{abs(values[0] - values[1]):.1e}",
        "time, DDP / bare": f"{seconds[1] / seconds[0]:.3f}",
    }


# --- report


def fits(work: Callable[..., Row], config: VariantConfig, *arguments: Any) -> Row:
    """The row of `work`, or what kept it from being made."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    try:
        return work(config, *arguments)
    except torch.cuda.OutOfMemoryError:
        problem = "out of memory"
    except Exception as error:  # the others are still to be measured
        problem = f"{type(error).__name__}: {str(error).splitlines()[0][:90]}"
    gc.collect()
    torch.cuda.empty_cache()
    return {"variant": config.name, "precision": config.training.precision, "problem": problem}


def table(rows: list[Row]) -> str:
    """Markdown."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(names) + " |", "|" + " :-- |" * len(names)]
    lines += ["| " + " | ".join(str(row.get(name, "–")) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def measure(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The parts of the report, each as soon as it is there."""
    device = options.device
    signal = configuration.section(configuration.read(DEMO), SignalConfig)
    shard = generate(folder / "train-0.h5", signal)
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    top = peaks(device)
    told = ", ".join(f"{key} {value / 1e12:.1f}" for key, value in top.items())
    yield f"## {name}, torch {torch.__version__}\n\nTFLOP/s of a large matrix product: {told}"
    yield "### Parity with the CPU\n\n" + table(
        [fits(parity, each, shard, device, options.steps) for each in variants(options.config)]
    )
    rows = []
    for config in variants(options.paper or options.config):
        for precision in PRECISIONS:
            for compiled in (False, True)[: 1 + (device == "cuda")]:  # minutes on a CPU
                this = on(config, device, precision=precision)
                rows.append(fits(speed, this, shard, compiled, options.steps, top[precision]))
                print(rows[-1], flush=True)
    yield "### Training\n\n" + table(rows)
    few = [on(each, device) for each in variants(options.config)]
    yield "### DDP with one process\n\n" + table(
        [fits(nccl, each, shard, options.steps) for each in few]
    )


def main() -> None:
    """Read the command line, measure, print, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--config", nargs="*", default=DEMO, help="of parity and DDP")
    parser.add_argument("--paper", nargs="*", default=None, help="of speed; paper.yaml on CUDA")
    parser.add_argument("--steps", type=int, default=20, help="train steps of each measurement")
    parser.add_argument("--out", type=Path, help="Markdown")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.exit(0, "no CUDA device here, nothing is measured: --device cpu tries the script\n")
    if options.device == "cuda" and options.paper is None:
        options.paper = PAPER
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for part in measure(options, Path(folder)):
            print(part, end="\n\n", flush=True)
            parts.append(part)
            if options.out:  # what is there by then, should the time run out
                options.out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
