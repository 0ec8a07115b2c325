"""Losses of the GAN decoder (EnCodec, arXiv 2210.13438, equations 4 to 6).

All take what `model.discriminator.Discriminators` returns: a tensor of logits a scale, a list of
feature maps a scale.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Logits = Sequence[Tensor]
Features = Sequence[Sequence[Tensor]]


def discriminator_loss(real: Logits, fake: Logits) -> Tensor:
    """Hinge loss: real logits are pushed above 1, fake ones below -1; mean over scales.

    Lisboa & Bellec 2024, decoders: the loss of EnCodec.
    Feed the discriminators a detached estimate, or the gradient reaches the generator.
    """
    losses = [F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real, fake, strict=True)]
    return torch.stack(losses).mean()


def generator_loss(fake: Logits) -> Tensor:
    """Hinge loss: fake logits are pushed above 1; mean over scales.

    Lisboa & Bellec 2024, decoders: the loss of EnCodec.
    """
    return torch.stack([F.relu(1 - f).mean() for f in fake]).mean()


def feature_matching(real: Features, fake: Features) -> Tensor:
    """L1 distance of feature maps relative to the real ones' mean magnitude; mean over all maps.

    Lisboa & Bellec 2024, decoders: the loss of EnCodec.
    """
    losses = [
        F.l1_loss(f, r.detach()) / r.detach().abs().mean().clamp(min=1e-8)
        for real_maps, fake_maps in zip(real, fake, strict=True)
        for r, f in zip(real_maps, fake_maps, strict=True)
    ]
    return torch.stack(losses).mean()
