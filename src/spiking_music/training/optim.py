"""Optimisers, their schedules, and the moving average of the weights."""

import copy
import math
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer

from spiking_music.config import TrainingConfig
from spiking_music.errors import ConfigError
from spiking_music.models.backbones.spectral import ConvNeXtBlock
from spiking_music.models.context import Conformer


def make_optimisers(model: nn.Module, training: TrainingConfig) -> list[Optimizer]:
    """AdamW of the parameters of `model` and, where `training.muon` is above 0, Muon.

    AdamW decays matrices and kernels, but no biases, gains or scales. Muon (Jordan et al. 2024;
    torch.optim) moves every matrix between two layers of a ConvNeXt or conformer block by the
    orthogonal matrix next to its gradients, the root mean square of a step being that of AdamW's
    (Liu et al. 2025, arXiv 2502.16982) times `training.muon`. `ConfigError` where there is none.
    """
    matrices = _matrices(model) if training.muon else []
    if training.muon and not matrices:
        raise ConfigError("training.muon is for matrices of blocks, and this model has none: use 0")
    taken = {id(matrix) for matrix in matrices}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in taken]
    groups = [
        {
            "params": [parameter for parameter in rest if parameter.ndim > 1],
            "weight_decay": training.weight_decay,
        },
        {"params": [parameter for parameter in rest if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    optimisers: list[Optimizer] = [AdamW(groups)]
    if matrices:
        muon = {"params": matrices, "share": training.muon, "weight_decay": training.weight_decay}
        optimisers.append(Muon([muon], adjust_lr_fn="match_rms_adamw"))
    return optimisers


def set_rate(optimisers: list[Optimizer], rate: float) -> None:
    """Give every group of parameters the learning rate, or its share of it."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate * group.get("share", 1.0)


def _matrices(model: nn.Module) -> list[Tensor]:
    blocks = (part for part in model.modules() if isinstance(part, ConvNeXtBlock | Conformer))
    layers = (layer for block in blocks for layer in block.modules())
    return [layer.weight for layer in layers if type(layer) is nn.Linear]


def learning_rate(step: int, training: TrainingConfig) -> float:
    """Rate of train step 0..steps-1: linear warmup to the peak, half a cosine to the final rate.

    The first step after the warmup takes the peak, and the last one the final rate.
    """
    peak, final = training.learning_rate, training.final_learning_rate
    warmup = training.warmup_steps
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, training.steps - 1 - warmup))
    return final + (peak - final) * (1 + math.cos(math.pi * progress)) / 2


def gamma(step: int, silent: int, ramp: int, gamma_infinity: float) -> float:
    """Weight γ(t) of the rate loss in three phases (Lisboa & Bellec 2024, SPARSE).

    0 for the first `silent` steps, a smooth monotone rise over `ramp` steps (half a cosine, flat at
    both ends), then `gamma_infinity`. With `ramp` 0 it jumps at step `silent`.

    Lisboa & Bellec 2024, γ schedule.

    Γ rises along half a cosine; lengths of its phases (*ours*).
    """
    if step < silent:
        return 0.0
    if step >= silent + ramp:
        return gamma_infinity
    return gamma_infinity * (1 - math.cos(math.pi * (step - silent) / ramp)) / 2


Model = TypeVar("Model", bound=nn.Module)


class Ema(Generic[Model]):
    """`model`, in eval mode, follows another model of its kind: `update` after every step.

    Parameters are averaged with `decay`, which warms up as (1 + step) / (10 + step) so that the
    initial weights are soon forgotten. Buffers are copied: batch-norm statistics and RVQ codebooks
    are moving averages already, so a second average would only lag, and an average of a code with
    its replacement, or of a flag or a counter, is a value that never was.
    """

    def __init__(self, model: Model, decay: float) -> None:
        self.decay = decay
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: Model, step: int) -> None:
        """Take in the weights after `step` steps (1, 2, …)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), 1 - decay)
        for mine, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(theirs)
