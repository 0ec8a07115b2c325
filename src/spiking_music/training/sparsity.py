"""Losses on the number of events S, by which SPARSE and μ-SPARSE save bits.

Lisboa & Bellec 2024, eq. (7) and μ-SPARSE.

Crops stand for clips: the S of a crop is scaled to the length of a clip, so that B_0 and S_0 mean
the same at any crop length.
"""

import torch
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
from spiking_music.training.prior import Prior
from spiking_music.training.schedules import gamma


class RateLoss(nn.Module):
    """γ(step) · bits a step of events under a `Prior` that is trained beside the model.

    rate-levels: the weight is γ(step) · 2^(μ/doubling), clip by clip.
    """

    def __init__(
        self,
        config: RateSparsityConfig | LevelRateSparsityConfig,
        units: int,
        signal: SignalConfig,
    ) -> None:
        super().__init__()
        self.config = config
        self.steps_a_second = signal.sample_rate / signal.hop
        self.prior = Prior(units, config.reach, config.levels)

    def forward(
        self, z: Tensor, level: Tensor | None, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) of events (B, N, T_crop) at levels μ (B,), and what to log.

        gamma is γ(step), without what a level makes of it; kbps is the mean rate by the prior.
        """
        config = self.config
        bits = self.prior(z.float(), level)  # (B,)
        weight = gamma(step, config.silent_steps, config.ramp_steps, config.gamma)
        kbps = bits.detach().mean() * self.steps_a_second / 1000
        if isinstance(config, LevelRateSparsityConfig):
            assert level is not None  # as the model with levels has checked
            bits = bits * 2 ** (level / config.doubling)
        return weight * bits.mean(), {"gamma": torch.tensor(weight), "kbps": kbps}


class SparsityLoss(nn.Module):
    """γ(step) · L_z, mean over the batch, in units of the dense cost N·T of a clip.

    storage: L_z = max(0, B_sparse(S) − B_0) (Lisboa & Bellec 2024, eq. (7)).
    levels: L_z = |S − S_0(μ)| (Lisboa & Bellec 2024, μ-SPARSE).
    """

    def __init__(
        self, config: StorageSparsityConfig | LevelSparsityConfig, signal: SignalConfig
    ) -> None:
        super().__init__()
        self.config = config
        self.signal = signal

    def forward(
        self, z: Tensor, level: Tensor | None, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) of events (B, N, T_crop) at levels μ (B,), and what to log.

        gamma is γ(step); kbps is the mean rate of the cheaper of dense and compressed time.
        """
        config, steps = self.config, self.signal.steps
        units, dense = z.shape[1], z.shape[1] * steps
        events = z.float().sum(dim=(1, 2)) * (steps / z.shape[2])  # (B,), S of a clip
        bits = storage_bits(events, units, steps)
        if isinstance(config, StorageSparsityConfig):
            excess = (bits - config.budget * dense).clamp(min=0)
        else:
            assert level is not None  # as the model with levels has checked
            excess = (events - dense * density(level)).abs()
        weight = gamma(step, config.silent_steps, config.ramp_steps, config.gamma)
        seconds = self.signal.clip_samples / self.signal.sample_rate
        kbps = bits.detach().clamp(max=dense).mean() / (1000 * seconds)
        return weight * excess.mean() / dense, {"gamma": torch.tensor(weight), "kbps": kbps}


def make_sparsity(config: VariantConfig) -> RateLoss | SparsityLoss | None:
    """The loss on the events of the variant `config`; None where it has none."""
    if isinstance(config.sparsity, RateSparsityConfig | LevelRateSparsityConfig):
        assert isinstance(config.bottleneck, BinaryConfig | GradedConfig)  # as it has checked
        return RateLoss(config.sparsity, config.bottleneck.units, config.signal)
    return SparsityLoss(config.sparsity, config.signal) if config.sparsity else None


def storage_bits(events: Tensor, units: int, steps: int) -> Tensor:
    """B_sparse: bits of `events` S (B,) as compressed time, S·⌈log2 T⌉ + (N − 1)·⌈log2 S⌉.

    Lisboa & Bellec 2024, eq. (7) and storage formats.
    The gradient is ⌈log2 T⌉ an event: the width of the pointers, ⌈log2 S⌉, is a constant (*ours*).
    """
    return events * (steps - 1).bit_length() + (units - 1) * _width(events.detach())


def density(level: Tensor) -> Tensor:
    """S_0(μ) / (N·T) = 2^(−μ/4) of levels μ (Lisboa & Bellec 2024, μ-SPARSE)."""
    return 2 ** (-level / 4)


def _width(count: Tensor) -> Tensor:
    """⌈log2 count⌉, 0 up to a count of 1; exact, unlike a rounded logarithm."""
    mantissa, exponent = torch.frexp(count.clamp(min=1))  # count = mantissa · 2^exponent
    return exponent - (mantissa == 0.5).to(exponent)
