"""How many bits events cost an entropy coder that knows what to expect: the learned prior of RATE.

The coder of `codec.entropy.learned` predicts every unit from those coded before it, over time; this
is the same model but for its groups of units, in floats, and differentiable in the events: the
encoder learns to send what can be foretold, or nothing (rate-distortion training, Ballé et al.
2017, arXiv 1611.01704, with a model of the events' context in place of densities).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LOGIT_SCALE = (
    8.0  # nat a weight of 1: Adam moves weights by thousandths, and logits span several nats
)


class Prior(nn.Module):
    """Logits of events by a masked convolution over units and time.

    Unit n at step t hears the units before it at t − reach … t + reach, and itself before t. Where
    `levels` > 0, each level has rates of its own.
    """

    mask: Tensor

    def __init__(self, units: int, reach: int, levels: int) -> None:
        super().__init__()
        self.reach = reach
        self.bias = nn.Parameter(torch.zeros(max(1, levels), units))
        self.weight = nn.Parameter(torch.zeros(units, units, 2 * reach + 1))
        mask = torch.ones(units, units).tril(-1)[:, :, None].repeat(1, 1, 2 * reach + 1)
        mask[:, :, :reach] += torch.eye(units)[:, :, None]
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, z: Tensor, level: Tensor | None) -> Tensor:
        """Bits a step (B,) of events z (B, N, T) at levels μ (B,) int64, if there are levels."""
        logits = self.logits(z, level)
        nats = F.softplus(logits) - z * logits
        return nats.sum(dim=1).mean(dim=1) / math.log(2)

    def logits(self, z: Tensor, level: Tensor | None) -> Tensor:
        """ln p / (1 − p) of every event, (B, N, T)."""
        bias = self.bias if level is None else self.bias[level]  # (1 or B, N)
        heard = F.conv1d(z, self.weight * self.mask, padding=self.reach)
        return LOGIT_SCALE * (heard + bias[:, :, None])
