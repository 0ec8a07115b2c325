"""The logistic model of binary events in floats: trained on codes or beside their encoder."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from spiking_music.models.event_tables import (
    GROUP,
    INT16,
    PARENTS,
    REACH,
    TAPS,
    LearnedTables,
)
from spiking_music.rangecoder.probabilities import LOGITS_A_NAT


class EventModel(nn.Module):
    """How likely each event is, given the events that are coded before it (*ours*).

    One model for training and for coding, as the entropy models of CompressAI (Bégaint et al. 2020,
    arXiv 2011.03029). Logits and bits are differentiable in the events, so that an encoder can
    learn to send what can be predicted (rate-distortion training, Ballé et al. 2017, arXiv
    1611.01704). `export` rounds the weights to what the range coder works with. `event_tables`
    says which events a logit may depend on.

    units: N, from 1. levels: how many levels μ have biases of their own; 0: the events have none.
    scale: nats that a weight of 1 is worth. Adam moves a weight by about its learning rate a step,
    so a larger scale is a larger learning rate. All weights begin at 0, where every event costs a
    bit.
    """

    def __init__(self, units: int, levels: int = 0, scale: float = 1.0) -> None:
        super().__init__()
        self.units, self.scale = units, scale
        self.bias = nn.Parameter(torch.zeros(max(1, levels), 2, units))  # at even, at odd steps
        groups = math.ceil(units / GROUP)
        self.own = nn.Parameter(torch.zeros(groups, 2, GROUP, GROUP))  # (…, side, unit, of unit)
        self.chunks = nn.ModuleList(
            _Chunk(start, min(start + PARENTS, units), min(units, PARENTS))
            for start in range(0, units, PARENTS)
        )

    def bits(self, z: Tensor, level: Tensor | None = None) -> Tensor:
        """Σ −log2 p of the events z (B, N, T), (B,); z and levels as in `logits`.

        The coder clips logits to ±12 nats, which is not done here.
        """
        nats = F.binary_cross_entropy_with_logits(self.logits(z, level), z, reduction="none")
        return nats.sum(dim=(1, 2)) / math.log(2)

    def logits(self, z: Tensor, level: Tensor | None = None) -> Tensor:
        """ln p / (1 − p) of events z (B, N, T), floats 0 or 1, T from 1: (B, N, T).

        level: μ (B,) int64 of each clip; None where the model has no levels.
        """
        bias = self.bias if level is None else self.bias[level]  # (1 or B, 2, N)
        padded = F.pad(z, (REACH, REACH))
        heard = torch.cat([chunk(padded) for chunk in self.chunks], dim=1)  # (B, N, T)
        even = heard[..., ::2] + bias[:, 0, :, None]
        odd = heard[..., 1::2] + bias[:, 1, :, None] + self._neighbours(z)
        logits = even.new_empty(z.shape)
        logits[..., ::2], logits[..., 1::2] = even, odd
        return self.scale * logits

    def _neighbours(self, z: Tensor) -> Tensor:
        """What a group's units a step before and a step after say of odd steps, (B, N, T // 2)."""
        groups = F.pad(z, (0, 1, 0, -self.units % GROUP)).unflatten(1, (-1, GROUP))
        before, after = groups[..., 0:-1:2], groups[..., 2::2]  # (B, groups, GROUP, …)
        said = torch.einsum("guv,bgvt->bgut", self.own[:, 0], before[..., : after.shape[-1]])
        said = said + torch.einsum("guv,bgvt->bgut", self.own[:, 1], after)
        return said.flatten(1, 2)[:, : self.units]

    @torch.no_grad()
    def export(self, level: int = 0) -> LearnedTables:
        """The weights as whole multiples of 1/64 nat, with the biases of `level`.

        A unit's weights are shrunk where their sums could overflow.
        """
        parents = torch.cat([chunk.by_parent() for chunk in self.chunks])  # type: ignore[operator]
        own = self.own.movedim(2, 1).flatten(0, 1)[: self.units]  # (N, side, of unit)
        floats = (self.bias[level], parents, own)
        tables = [self.scale * part.double().cpu().numpy() for part in floats]
        reach = sum(_magnitude(part) for part in (tables[0].T, *tables[1:])) * LOGITS_A_NAT
        terms = 2 + TAPS * parents.shape[1] + 2 * GROUP  # each may be rounded up by a half
        shrink = np.minimum(1, (INT16 - terms) / np.maximum(reach, 1))
        scaled = (tables[0] * shrink, *(part * shrink[:, None, None] for part in tables[1:]))
        return LearnedTables(*(np.rint(part * LOGITS_A_NAT).astype(np.int16) for part in scaled))


class _Chunk(nn.Module):
    """What the parents of the units `start` to `stop` say: a convolution with a mask."""

    mask: Tensor

    def __init__(self, start: int, stop: int, most: int) -> None:
        """most: P, as many parents as a unit has in the tables."""
        super().__init__()
        self.low, self.stop, self.most = max(0, start - PARENTS), stop, most
        self.first = torch.arange(start, stop)[:, None] // GROUP * GROUP  # of each unit's group
        inputs = torch.arange(self.low, stop)
        mask = (inputs < self.first) & (inputs >= self.first - PARENTS)
        self.register_buffer("mask", mask.float()[:, :, None], persistent=False)
        self.weight = nn.Parameter(torch.zeros(stop - start, stop - self.low, TAPS))

    def forward(self, padded: Tensor) -> Tensor:
        """Of all events (B, N, T + 2·REACH): (B, stop − start, T)."""
        return F.conv1d(padded[:, self.low : self.stop], self.weight * self.mask)

    def by_parent(self) -> Tensor:
        """The weights as `LearnedTables.parents` has them, (stop − start, P, TAPS)."""
        parent = self.first - self.most + torch.arange(self.most)  # below 0: there is none
        place = (parent - self.low).clamp(min=0)[:, :, None]
        weights = (self.weight * self.mask).cpu().take_along_dim(place, dim=1)
        return weights * (parent >= 0)[:, :, None]


def _magnitude(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(weights).reshape(len(weights), -1).sum(axis=1)
