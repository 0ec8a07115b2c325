"""How good the averaged weights are by now, on whole clips of the validation split."""

import torch
from torch import nn

from spiking_music.config import VariantConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.training.data import spread
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss, si_snr

SILENCE_POWER = 1e-6  # -60 dB re full scale: SI-SNR means nothing below
HEARD = 2  # clips kept as audio


@torch.no_grad()
def validate(
    model: nn.Module,
    reconstruction: ReconstructionLoss,
    clips: Clips,
    config: VariantConfig,
    step: int,
    log: Log,
) -> dict[str, float]:
    """Loss and SI-SNR (dB, mean over clips that are not silent) of `model`, which is in eval mode.

    The clips are `validation_clips` ones evenly spread over the split, the same at every step. The
    first ones are kept as audio. Batches are no larger, in samples, than those of training.
    """
    training, signal = config.training, config.signal
    chosen = spread(training.validation_clips, len(clips))
    size = max(1, training.batch_size * training.crop_samples // signal.clip_samples)
    device = next(model.parameters()).device
    losses, ratios = [], []
    for first in range(0, len(chosen), size):
        part = chosen[first : first + size]
        x = torch.stack([clips[i] for i in part])[:, None].to(device)  # (B, 1, T_x)
        output = model(x)
        terms = reconstruction(output.audio, x) | output.losses
        losses += [torch.stack(list(terms.values())).sum().item()] * len(part)
        loud = x.square().mean(dim=(1, 2)) > SILENCE_POWER
        ratios += si_snr(output.audio[loud].double(), x[loud].double()).tolist()
        for place in range(first, min(first + len(part), HEARD)):
            for name, audio in (("reference", x), ("estimate", output.audio)):
                waveform = audio[place - first, 0].float().cpu().numpy()
                log.audio(step, f"{name}-{place}", waveform, signal.sample_rate)
    return {
        "validation_loss": sum(losses) / len(losses),
        "validation_si_snr_db": sum(ratios) / len(ratios) if ratios else float("nan"),
    }
