"""What the training of a variant needs of a machine, told from its configuration alone.

The numbers are generous: a job that asks for too little is ended and resumed, one that asks for
too much only waits longer. The constants fit train steps of all kinds of models, measured on a core
at 2 GHz. A run of the same training, where there is a log of one, tells the seconds a step better.
Nothing here imports torch or pandas: the DAG is built without it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spiking_music.config import ConvNeXtConfig, GanConfig, VariantConfig
from spiking_music.workflow.pace import last_pace

CORE = 25e9  # FLOP/s of a core in training
OVERHEAD = 0.01  # seconds of a core a second of audio: STFT losses, optimiser
FILTER = 0.07  # the same, of discriminators, for each of their filters
GPU = 500  # cores that a GPU is worth
GPU_STEP = 0.05  # seconds of its smallest train step
ACTIVATIONS = {"seanet": 450, "waveform": 100, "spectrogram": 100, "diffusion": 600}  # MB a second
FRAMEWISE = 45  # the same of whatever works on frames
FILTER_MEMORY = 20  # the same of discriminators, for each filter
PROCESS = 2000  # MB of a job before its model: torch, Snakemake
CUDA = 4500  # MB more, with CUDA
WORKER = 600  # MB of a data loading process
STATE = 20  # bytes a parameter: weights, averaged weights, gradient, two moments
MARGIN = 4  # slower cores, busy ones, validation
START = 10  # minutes: of the environment on a cold file system, of clips
LONGEST = 1440  # minutes of an attempt; the next resumes


@dataclass(frozen=True)
class Needs:
    """What a training asks for."""

    step: float  # seconds of a train step
    measured: bool  # in an earlier run, or estimated
    minutes: int  # of an attempt
    memory_mb: int

    def attempts(self, steps: int) -> int:
        """Attempts until all `steps` are done."""
        return math.ceil(self.step * steps / 60 / max(1, self.minutes - START))


def needs(config: VariantConfig, log: Path) -> Needs:
    """Of the training of `config`, whose last run wrote `log`, if there was one."""
    pace = last_pace(log)
    step = pace or _step(config)
    margin = 2 if pace else MARGIN
    minutes = math.ceil(margin * step * config.training.last_step / 60) + START
    return Needs(step, pace is not None, min(minutes, LONGEST), _memory(config))


def on_gpu(config: VariantConfig) -> bool:
    """Whether a cluster is asked for GPUs."""
    return config.training.accelerator != "cpu"


def parameters(config: VariantConfig) -> float:
    """About as many as the model has: within a factor of two."""
    return sum(_weights(part) for part in _parts(config)) + _context(config)


def _parts(config: VariantConfig) -> list[Any]:
    return [part for part in (config.backbone, config.decoder) if part is not None]


def _step(config: VariantConfig) -> float:
    """Seconds, estimated: forward and backward pass are 6 FLOP a weight and place it is used at."""
    training, signal = config.training, config.signal
    work = sum(_weights(part) * _reuse(part) for part in _parts(config)) + _context(config)
    second = OVERHEAD + 6 * work * signal.sample_rate / signal.hop / CORE
    if isinstance(config.decoder, GanConfig):
        second += FILTER * config.decoder.discriminator.filters
    cores = second * _audio(config)
    if not on_gpu(config):
        return cores
    return max(GPU_STEP, cores / GPU / training.processes)


def _memory(config: VariantConfig) -> int:
    """MB of main memory of a node; what a GPU computes lies in its own."""
    training = config.training
    state = STATE * parameters(config) / 1e6
    workers = WORKER * training.workers
    if on_gpu(config):
        return math.ceil((PROCESS + CUDA + state) * training.devices + workers)
    second = sum(ACTIVATIONS.get(part.kind, FRAMEWISE) for part in _parts(config))
    if isinstance(config.decoder, GanConfig):
        second += FILTER_MEMORY * config.decoder.discriminator.filters
    each = PROCESS + state + second * _audio(config) / training.processes
    return math.ceil(each * training.devices + workers)


def _audio(config: VariantConfig) -> float:
    """Seconds of audio a train step."""
    training = config.training
    return training.batch_size * training.crop_samples / config.signal.sample_rate


def _context(config: VariantConfig) -> float:
    """Weights of conformer layers before and after the bottleneck."""
    return 2 * 24 * config.context.layers * config.latent**2 if config.context else 0


def _reuse(part: Any) -> float:
    """How often a frame uses the average weight."""
    return 4 if part.kind in ("seanet", "waveform", "spectrogram") else 1


def _weights(part: Any) -> float:
    """Of a backbone's two sides, or of a decoder."""
    count: Callable[[Any], float] = WEIGHTS.get(part.kind, _of_blocks)
    return count(part)


def _of_blocks(part: Any) -> float:
    """Of all ConvNeXt blocks of a section, twice, with the layers to and from the spectrum."""
    own = [part] if isinstance(part, ConvNeXtConfig) else []
    nested = [value for _, value in part if isinstance(value, ConvNeXtConfig)]
    blocks = sum(each.depth * 2 * each.expansion * each.width**2 for each in (*own, *nested))
    ends = sum(each.width for each in (*own, *nested)) * getattr(part, "n_fft", 1024)
    return 2 * blocks + 2 * ends


def _of_seanet(part: Any) -> float:
    widths = [part.channels * 2**level for level in range(len(part.ratios) + 1)]
    pairs = zip(widths, part.ratios, strict=False)
    strided = sum(width * 2 * width * 2 * ratio for width, ratio in pairs)
    residual = sum(2.5 * width**2 for width in widths)
    top = 8 * part.lstm_layers * widths[-1] ** 2 + 7 * widths[-1] * part.latent
    return 2 * (strided + residual + top)


def _of_strided(part: Any) -> float:
    """Of convolutions that double the channels at every stride but the first, which makes them."""
    widths = [part.channels * 2**level for level in range(len(part.ratios))]
    across = 3 if part.kind == "spectrogram" else 1  # frames a kernel
    pairs = zip(widths, part.ratios[1:], strict=False)
    return 2 * across * sum(width * 2 * width * 2 * ratio for width, ratio in pairs)


def _of_unet(part: Any) -> float:
    """A level has its items twice, on the way down and up; an item, three convolutions."""
    unet = part.unet
    return (
        sum(
            2 * items * (10 * width**2 + attention * 4 * width * unet.heads * unet.head_features)
            for width, items, attention in zip(
                unet.channels, unet.items, unet.attentions, strict=True
            )
        )
        + 8 * unet.features**2
    )


WEIGHTS: dict[str, Callable[[Any], float]] = {
    "seanet": _of_seanet,
    "waveform": _of_strided,
    "spectrogram": _of_strided,
    "diffusion": _of_unet,
    "regression": lambda part: 0,
    "gan": lambda part: 0,
    "griffin-lim": lambda part: 0,
}
