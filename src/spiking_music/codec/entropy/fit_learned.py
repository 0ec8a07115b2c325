"""Training of the learned model of `learned`: float weights by gradient descent, then rounding."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from spiking_music.codec.entropy.integers import LOGITS_A_NAT, WHOLE
from spiking_music.codec.entropy.learned import (
    GROUP,
    INT16,
    PARENTS,
    REACH,
    TAPS,
    LearnedTables,
)
from spiking_music.codec.entropy.static import Frequencies
from spiking_music.codec.formats import Events

LEARNING_RATE = 0.02  # at its highest, of one cycle
BATCH = 16  # clips, for up to 128 units; fewer of wider codes
CROP = 256  # steps of a clip, at most


def fit_learned(z: Events, k: Frequencies, seed: int, rounds: int) -> LearnedTables:
    """Tables for codes like z (clips, N, T), whose units have the mean probabilities k (N,).

    `rounds` steps of gradient descent.
    Equal inputs give equal tables on one machine with one number of threads; on another they may
    differ in last digits, which is why they are shipped.
    """
    draw = np.random.default_rng(seed)
    model = _Logits(k)
    optimiser = torch.optim.Adam(model.parameters, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=rounds)
    units, steps = z.shape[1:]
    batch, crop = max(2, BATCH * PARENTS // max(PARENTS, units)), min(steps, CROP)
    for _ in range(rounds):
        start = 2 * int(draw.integers((steps - crop) // 2 + 1))  # even, as the model counts them
        chosen = z[draw.integers(len(z), size=batch), :, start : start + crop]
        target = torch.from_numpy(chosen.astype(np.float32))
        loss = F.binary_cross_entropy_with_logits(model(target), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.rounded()


class _Logits:
    """The logits of `learned` in floats, as convolutions over chunks of units."""

    def __init__(self, k: Frequencies) -> None:
        self.units = len(k)
        p = torch.from_numpy(k.astype(np.float32) / WHOLE)
        self.bias = torch.log(p / (1 - p)).repeat(2, 1)
        group = torch.arange(self.units) // GROUP
        self.chunks = [
            (slice(start, start + PARENTS), max(0, start - PARENTS))
            for start in range(0, self.units, PARENTS)
        ]
        self.heard, self.masks = [], []
        for rows, low in self.chunks:  # of output units, from the first unit they listen to
            outputs, inputs = (
                torch.arange(self.units)[rows],
                torch.arange(self.units)[low : rows.stop],
            )
            first = group[outputs, None] * GROUP
            mask = (inputs < first) & (inputs >= first - PARENTS)
            self.masks.append(mask.float()[:, :, None])
            self.heard.append(torch.zeros(len(outputs), len(inputs), TAPS))
        padded = math.ceil(self.units / GROUP)
        self.own = torch.zeros(padded, 2, GROUP, GROUP)  # (groups, side, unit, of unit)
        self.parameters = [self.bias, self.own, *self.heard]
        for parameter in self.parameters:
            parameter.requires_grad_()

    def __call__(self, z: Tensor) -> Tensor:
        """z (B, N, T) → logits in nat (B, N, T)."""
        padded = F.pad(z, (REACH, REACH))
        parts = [
            F.conv1d(padded[:, low : rows.stop], weight * mask)
            for (rows, low), weight, mask in zip(self.chunks, self.heard, self.masks, strict=True)
        ]
        logits = torch.cat(parts, dim=1)  # (B, N, T)
        even, odd = logits[..., ::2] + self.bias[0, :, None], logits[..., 1::2]
        spare = GROUP * len(self.own) - self.units
        groups = F.pad(z, (0, 1, 0, spare)).unflatten(1, (-1, GROUP))  # (B, groups, GROUP, T + 1)
        before, after = groups[..., 0:-1:2], groups[..., 2::2]
        count = odd.shape[-1]
        own = torch.einsum("guv,bgvt->bgut", self.own[:, 0], before[..., :count])
        own = own + torch.einsum("guv,bgvt->bgut", self.own[:, 1], after[..., :count])
        odd = odd + self.bias[1, :, None] + own.flatten(1, 2)[:, : self.units]
        result = torch.empty_like(logits)
        result[..., ::2], result[..., 1::2] = even, odd
        return result

    @torch.no_grad()
    def rounded(self) -> LearnedTables:
        """The weights as whole multiples of 1/64 nat; a unit's are shrunk where they overflow."""
        most = min(self.units, PARENTS)
        parents = np.zeros((self.units, most, TAPS))
        for (rows, low), weight, mask in zip(self.chunks, self.heard, self.masks, strict=True):
            for i, n in enumerate(range(self.units)[rows]):
                first = n // GROUP * GROUP
                count = min(first, most)
                inputs = slice(first - count - low, first - low)
                parents[n, most - count :] = (weight * mask)[i, inputs].numpy()
        own = self.own.movedim(2, 1).flatten(0, 1)[: self.units].numpy()  # (N, side, of unit)
        tables = [np.asarray(part, np.float64) for part in (self.bias.numpy(), parents, own)]
        reach = sum(_magnitude(part) for part in (tables[0].T, *tables[1:])) * LOGITS_A_NAT
        terms = 2 + TAPS * most + 2 * GROUP  # each may be rounded up by a half
        shrink = np.minimum(1, (INT16 - terms) / np.maximum(reach, 1))
        scaled = (tables[0] * shrink, *(part * shrink[:, None, None] for part in tables[1:]))
        return LearnedTables(*(np.rint(part * LOGITS_A_NAT).astype(np.int16) for part in scaled))


def _magnitude(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(weights).reshape(len(weights), -1).sum(axis=1)
