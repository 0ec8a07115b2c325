"""How good the averaged weights are by now, on whole clips of the validation split."""

import itertools
import math

import torch
from torch import Tensor

from spiking_music.config import VariantConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.models.autoencoder import Autoencoder, Output
from spiking_music.training.data import spread
from spiking_music.training.engine import seed_everything
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss, si_snr

SILENCE_POWER = 1e-6  # -60 dB re full scale: SI-SNR means nothing below
HEARD = 2  # clips kept as audio
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
    so is the noise of a diffusion decoder. The first `HEARD` are kept as audio. A model with levels
    is tried at `LEVELS` of them: the values are means, and each level has its SI-SNR besides. The
    loss leaves out the sparsity, whose weight changes along a run.

    Batches are no larger, in samples, than those of training. A diffusion decoder costs
    `sampling_steps` passes a clip, so only the clips that are kept are sampled and have an SI-SNR.
    """
    training, signal = config.training, config.signal
    chosen = spread(training.validation_clips, len(clips))
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

        heard = min(max(0, HEARD - first), len(x))
        estimate = _audio(model, output, levels, heard)  # (≤ B, 1, T_x)
        target = x[: len(estimate)]
        loud = target.square().mean(dim=(1, 2)) > SILENCE_POWER
        ratios[level] += si_snr(estimate[loud].double(), target[loud].double()).tolist()
        for i in range(heard):
            suffix = "" if level is None else f"-level-{level}"
            for name, audio in (("reference", x), (f"estimate{suffix}", estimate)):
                waveform = audio[i, 0].float().cpu().numpy()
                log.audio(step, f"{name}-{first + i}", waveform, signal.sample_rate)
    means = {_column(level): _mean(values) for level, values in ratios.items()}
    overall = _mean([ratio for values in ratios.values() for ratio in values])
    return {"validation_loss": _mean(losses), **means, _column(None): overall}


def _audio(model: Autoencoder, output: Output, levels: Tensor | None, heard: int) -> Tensor:
    """Reconstructions of a pass; of a diffusion decoder, samples of the first `heard` clips."""
    if output.audio is not None:
        return output.audio
    codes = output.codes[:heard]
    if not heard:
        return codes.new_zeros(0, 1, 1)
    return model.decode(codes, None if levels is None else levels[:heard])


def _levels(config: VariantConfig) -> list[int | None]:
    """Levels to try, from the lowest to the highest that the model takes; else none."""
    return [*spread(LEVELS, config.levels)] if config.levels else [None]


def _column(level: int | None) -> str:
    return "validation_si_snr_db" if level is None else f"validation_si_snr_db_{level}"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan
