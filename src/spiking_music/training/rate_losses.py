"""Losses on the number or the cost of events, by which SPARSE and μ-SPARSE save bits.

Lisboa & Bellec 2024, eq. (7) and (8). Crops stand for clips: the S of a crop is scaled to the
length of a clip, so that B_0 and S_0 mean the same at any crop length.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import (
    BinaryConfig,
    GradedConfig,
    LevelRateSparsityConfig,
    LevelSparsityConfig,
    RateSparsityConfig,
    SignalConfig,
    StorageSparsityConfig,
    VariantConfig,
)
from spiking_music.errors import no_branch
from spiking_music.training.optim import gamma

LOGIT_SCALE = (
    8.0  # nat a weight of 1: Adam moves weights by thousandths, and logits span several nats
)


class Prior(nn.Module):
    """How many bits events cost an entropy coder that knows their context (*ours*).

    Logits of events come from a masked convolution over units and time: the logistic model of
    `codec.entropy.learned` without its groups of units, in floats and differentiable in the events.
    So the encoder learns to send what can be predicted (rate-distortion training, Ballé et al.
    2017, arXiv 1611.01704, with a model of the events' context in place of densities).

    Unit n at frame t sees the units before it at t − reach … t + reach, and itself before t. Where
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
        """Bits a frame (B,) of events z (B, N, T) at levels μ (B,) int64, if there are levels."""
        logits = self.logits(z, level)
        nats = F.softplus(logits) - z * logits
        return nats.sum(dim=1).mean(dim=1) / math.log(2)

    def logits(self, z: Tensor, level: Tensor | None) -> Tensor:
        """ln p / (1 − p) of every event, (B, N, T)."""
        bias = self.bias if level is None else self.bias[level]  # (1 or B, N)
        context = F.conv1d(z, self.weight * self.mask, padding=self.reach)
        return LOGIT_SCALE * (context + bias[:, :, None])


class RateLoss(nn.Module):
    """γ(step) · bits a frame of events under a `Prior` that is trained beside the model (*ours*).

    steps: of the whole training, whose shares γ's phases are.

    rate-levels: the weight is γ(step) · 2^(μ/doubling), clip by clip.
    """

    def __init__(
        self,
        config: RateSparsityConfig | LevelRateSparsityConfig,
        units: int,
        signal: SignalConfig,
        steps: int,
    ) -> None:
        super().__init__()
        self.config = config
        self.phases = config.phases(steps)
        self.frames_per_second = signal.sample_rate / signal.hop
        self.prior = Prior(units, config.reach, config.levels)

    def forward(
        self, z: Tensor, level: Tensor | None, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) of events (B, N, T_crop) at levels μ (B,), and what to log.

        gamma is γ(step), without the factor of a level; kbps_prior is the mean rate by the prior.
        """
        config = self.config
        bits = self.prior(z.float(), level)  # (B,)
        weight = gamma(step, *self.phases, config.gamma)
        kbps = bits.detach().mean() * self.frames_per_second / 1000
        if isinstance(config, LevelRateSparsityConfig):
            assert level is not None  # as the model with levels has checked
            bits = bits * 2 ** (level / config.doubling)
        return weight * bits.mean(), {"gamma": torch.tensor(weight), "kbps_prior": kbps}


class SparsityLoss(nn.Module):
    """γ(step) · L_z, mean over the batch, in units of the dense cost N·T of a clip.

    steps: of the whole training, whose shares γ's phases are.

    storage (SPARSE): L_z = max(0, B_sparse(S) − B_0), Lisboa & Bellec 2024, eq. (7).
    levels (μ-SPARSE): L_z = |S − S_0(μ)|, ibid., quality control.
    """

    def __init__(
        self, config: StorageSparsityConfig | LevelSparsityConfig, signal: SignalConfig, steps: int
    ) -> None:
        super().__init__()
        self.config = config
        self.phases = config.phases(steps)
        self.signal = signal

    def forward(
        self, z: Tensor, level: Tensor | None, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) of events (B, N, T_crop) at levels μ (B,), and what to log.

        gamma is γ(step); kbps_paper is the mean rate of the cheaper of dense and compressed time.
        """
        config, steps = self.config, self.signal.steps
        units, dense = z.shape[1], z.shape[1] * steps
        events = z.float().sum(dim=(1, 2)) * (steps / z.shape[2])  # (B,), S of a clip
        bits = storage_bits(events, units, steps)
        if isinstance(config, StorageSparsityConfig):
            excess = (bits - config.budget * dense).clamp(min=0)
        elif isinstance(config, LevelSparsityConfig):
            assert level is not None  # as the model with levels has checked
            excess = (events - dense * target_density(level)).abs()
        else:
            raise no_branch(config, "the sparsity loss")
        weight = gamma(step, *self.phases, config.gamma)
        seconds = self.signal.clip_samples / self.signal.sample_rate
        kbps = bits.detach().clamp(max=dense).mean() / (1000 * seconds)
        return weight * excess.mean() / dense, {"gamma": torch.tensor(weight), "kbps_paper": kbps}


def make_sparsity(config: VariantConfig) -> RateLoss | SparsityLoss | None:
    """The loss on the events of the variant `config`; None where it has none."""
    steps = config.training.steps
    if isinstance(config.sparsity, RateSparsityConfig | LevelRateSparsityConfig):
        assert isinstance(config.bottleneck, BinaryConfig | GradedConfig)  # as it has checked
        return RateLoss(config.sparsity, config.bottleneck.units, config.signal, steps)
    if isinstance(config.sparsity, StorageSparsityConfig | LevelSparsityConfig):
        return SparsityLoss(config.sparsity, config.signal, steps)
    if config.sparsity is None:
        return None
    raise no_branch(config.sparsity, "make_sparsity")


def storage_bits(events: Tensor, units: int, steps: int) -> Tensor:
    """B_sparse: bits of `events` S (B,) as compressed time, S·⌈log2 T⌉ + (N − 1)·⌈log2 S⌉.

    The gradient is ⌈log2 T⌉ an event: the width of the pointers, ⌈log2 S⌉, is a constant (*ours*).
    """
    return events * (steps - 1).bit_length() + (units - 1) * _width(events.detach())


def target_density(level: Tensor) -> Tensor:
    """S_0(μ) / (N·T) = 2^(−μ/4) of levels μ."""
    return 2 ** (-level / 4)


def _width(count: Tensor) -> Tensor:
    """⌈log2 count⌉, 0 up to a count of 1; exact, unlike a rounded logarithm."""
    mantissa, exponent = torch.frexp(count.clamp(min=1))  # count = mantissa · 2^exponent
    return exponent - (mantissa == 0.5).to(exponent)
