"""How good the averaged weights are by now, on whole clips of the validation split.

A collapse is detected early: too strong a rate loss turns audio to noise (Lisboa & Bellec 2024).
"""

import itertools
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spiking_music.config import VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import TrainingError
from spiking_music.models.autoencoder import Autoencoder, Output
from spiking_music.models.weights import save_weights
from spiking_music.training.checkpoint_files import LAST_GOOD
from spiking_music.training.data import evenly_spaced
from spiking_music.training.engine import seed_everything
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss, si_snr

SILENCE_POWER = 1e-6  # -60 dB re full scale: SI-SNR means nothing below
AUDIBLE = 2  # clips kept as audio
LEVELS = 4  # levels μ tried, of those the model takes


def columns(config: VariantConfig) -> tuple[str, ...]:
    """Names of what `validate` returns, in the order of the log."""
    each = tuple(_column(level) for level in _levels(config) if level is not None)
    return ("validation_loss", _column(None), *each)


@torch.no_grad()
def validate(
    model: Autoencoder,
    reconstruction: ReconstructionLoss,
    clips: Clips,
    config: VariantConfig,
    step: int,
    log: Log,
) -> dict[str, float]:
    """Loss and SI-SNR (dB, mean over clips that are not silent) of `model`, which is in eval mode.

    The clips are `validation_clips` ones evenly spread over the split, the same at every step, and
    so is the noise of a diffusion decoder. The first `AUDIBLE` are kept as audio. A model with
    levels is tried at `LEVELS` of them: the values are means, and each level has its SI-SNR
    besides. The loss leaves out the sparsity, whose weight changes along a run.

    Batches are no larger, in samples, than those of training. A diffusion decoder costs
    `sampling_steps` passes a clip, so only the clips that are kept are sampled and have an SI-SNR.
    """
    training, signal = config.training, config.signal
    chosen = evenly_spaced(training.validation_clips, len(clips))
    size = max(1, training.batch_size * training.crop_samples // signal.clip_samples)
    device = next(model.parameters()).device
    seed_everything(config.seed, 0)  # the loop seeds anew at the next step
    losses: list[float] = []
    ratios: dict[int | None, list[float]] = {level: [] for level in _levels(config)}
    for level, first in itertools.product(ratios, range(0, len(chosen), size)):
        x = torch.stack([clips[i] for i in chosen[first : first + size]])[:, None].to(device)
        levels = None if level is None else torch.full((len(x),), level, device=device)
        output = model(x, levels)
        terms = reconstruction(output.audio, x) if output.audio is not None else {}
        loss = torch.stack([*terms.values(), *output.losses.values()]).sum()
        losses += [loss.item()] * len(x)

        kept = min(max(0, AUDIBLE - first), len(x))
        estimate = _audio(model, output, levels, kept)  # (≤ B, 1, T_x)
        target = x[: len(estimate)]
        loud = target.square().mean(dim=(1, 2)) > SILENCE_POWER
        ratios[level] += si_snr(estimate[loud].double(), target[loud].double()).tolist()
        for i in range(kept):
            suffix = "" if level is None else f"-level-{level}"
            for name, audio in (("reference", x), (f"estimate{suffix}", estimate)):
                waveform = audio[i, 0].float().cpu().numpy()
                log.audio(step, f"{name}-{first + i}", waveform, signal.sample_rate)
    means = {_column(level): _mean(values) for level, values in ratios.items()}
    overall = _mean([ratio for values in ratios.values() for ratio in values])
    return {"validation_loss": _mean(losses), **means, _column(None): overall}


def _audio(model: Autoencoder, output: Output, levels: Tensor | None, kept: int) -> Tensor:
    """Reconstructions of a pass; of a diffusion decoder, samples of the first `kept` clips."""
    if output.audio is not None:
        return output.audio
    codes = output.codes[:kept]
    if not kept:
        return codes.new_zeros(0, 1, 1)
    return model.decode(codes, None if levels is None else levels[:kept])


def _levels(config: VariantConfig) -> list[int | None]:
    """Levels to try, from the lowest to the highest that the model takes; else none."""
    return [*evenly_spaced(LEVELS, config.levels)] if config.levels else [None]


def _column(level: int | None) -> str:
    return "validation_si_snr_db" if level is None else f"validation_si_snr_db_{level}"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


class CollapseMonitor:
    """Checks every validation of a run with a sparsity loss, and ends the run that collapses.

    Weights are good while the best validation SI-SNR (of all levels, where there are some: a high μ
    may sound bad) is at least `below_db`; the last good ones are kept in `folder`. After the share
    `after` of the steps, `patience` validations in a row that are not good are a collapse.

    Lisboa & Bellec 2024, γ schedule.

    Training stops when validation SI-SNR stays below a bound (*ours*).
    """

    def __init__(self, config: VariantConfig, folder: Path) -> None:
        assert config.sparsity is not None
        self.config = config
        self.bounds = config.sparsity.collapse
        self.after = round(self.bounds.after * config.training.steps)  # steps
        self.path = folder / LAST_GOOD
        self.good: tuple[int, float] | None = None  # step and dB of the last good weights
        self.bad = 0  # validations since then that count against the run

    def check(
        self,
        step: int,
        validation: dict[str, float],
        stats: dict[str, Tensor],
        model: Autoencoder,
    ) -> None:
        """Take in a validation after `step` steps; `TrainingError` where `model` collapsed."""
        quality = max(value for name, value in validation.items() if "si_snr" in name)
        if not quality < self.bounds.below_db:  # silent clips alone have no SI-SNR: no evidence
            self.good, self.bad = (step, quality), 0
            save_weights(model, self.config, self.path, {"steps": str(step)})
        elif step > self.after:
            self.bad += 1
        if self.bad >= self.bounds.patience:
            raise TrainingError(self._message(step, quality, stats))

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must hold for a resumed run to remember."""
        return {"good": self.good, "bad": self.bad}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.good, self.bad = state["good"], state["bad"]

    def _message(self, step: int, quality: float, stats: dict[str, Tensor]) -> str:
        kept = "no weights were good before"
        if self.good:
            good_step, good_quality = self.good
            kept = f"the good weights of step {good_step}, {good_quality:.1f} dB, are '{self.path}'"
        return (
            f"'{self.config.name}' collapsed: its validation SI-SNR was below "
            f"{self.bounds.below_db:g} dB {self.bad} times in a row, at last {quality:.1f} dB at "
            f"step {step}, with {stats['density']:.2%} events and {stats['dead_units']:.0f} units "
            f"that never change; lower gamma or raise silent of its sparsity ({kept})"
        )
