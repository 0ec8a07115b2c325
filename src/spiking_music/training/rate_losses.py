"""Losses on the events, by which SPARSE and μ-SPARSE save bits (Lisboa & Bellec 2024, eq. (7)), and
ours on their entropy.

Crops stand for clips: the number of events S of a crop is scaled to the length of a clip, so that
B_0 and S_0 mean the same at any crop length.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from spiking_music.config import (
    ConditionalEntropyConfig,
    EntropyLossConfig,
    GammaConfig,
    SignalConfig,
    StorageCostConfig,
    TargetEventsConfig,
    VariantConfig,
)
from spiking_music.config.registry import SPARSITIES
from spiking_music.models.event_model import EventModel
from spiking_music.training.optim import gamma

LOGIT_SCALE = 8.0  # nats a weight of 1: Adam moves weights by thousandths, logits span several nats


class SparsityLoss(nn.Module, ABC):
    """γ(step) · L_z, mean over the batch.

    Lisboa & Bellec 2024, eq. (7).

    Lisboa & Bellec 2024, μ-SPARSE.
    """

    rate: str  # what the rate of `cost` is called in the log

    def __init__(self, config: GammaConfig, units: int, signal: SignalConfig, steps: int) -> None:
        """steps: of the whole training, whose shares γ's phases are."""
        super().__init__()
        self.phases, self.gamma = config.phases(steps), config.gamma
        self.units, self.signal = units, signal

    def forward(
        self, z: Tensor, level: Tensor | None, step: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss (scalar) of events (B, N, T_crop) at levels μ (B,), and what to log.

        gamma is γ(step), without the factor of a level; the rate is what `cost` says, in the mean.
        """
        weight = gamma(step, *self.phases, self.gamma)
        loss, kbps = self.cost(z.float(), level)
        about = {"gamma": torch.tensor(weight), self.rate: kbps.detach()}
        return weight * loss / self.unit, about

    @property
    def unit(self) -> int:
        """What L_z is counted in."""
        return 1

    @abstractmethod
    def cost(self, z: Tensor, level: Tensor | None) -> tuple[Tensor, Tensor]:
        """L_z (scalar) of events (B, N, T_crop), in `unit`s, and their rate in kbps (scalar)."""


class EventsLoss(SparsityLoss):
    """A loss on S, in units of the dense cost N·T of a clip.

    kbps_paper is the mean rate of the cheaper of dense and compressed time.
    """

    rate = "kbps_paper"

    @property
    def unit(self) -> int:
        """Bits of a clip as a dense matrix: N·T."""
        return self.units * self.signal.steps

    def cost(self, z: Tensor, level: Tensor | None) -> tuple[Tensor, Tensor]:
        frames = self.signal.steps
        events = z.sum(dim=(1, 2)) * (frames / z.shape[2])  # (B,), S of a clip
        bits = storage_bits(events, self.units, frames)
        seconds = self.signal.clip_samples / self.signal.sample_rate
        kbps = bits.detach().clamp(max=self.unit).mean() / (1000 * seconds)
        return self.excess(events, bits, level).mean(), kbps

    @abstractmethod
    def excess(self, events: Tensor, bits: Tensor, level: Tensor | None) -> Tensor:
        """What is too much, (B,), of S and B_sparse(S) (B,)."""


class StorageCost(EventsLoss):
    """SPARSE: max(0, B_sparse(S) − B_0), Lisboa & Bellec 2024, eq. (7)."""

    def __init__(
        self, config: StorageCostConfig, units: int, signal: SignalConfig, steps: int
    ) -> None:
        super().__init__(config, units, signal, steps)
        self.budget = config.budget

    def excess(self, events: Tensor, bits: Tensor, level: Tensor | None) -> Tensor:
        return (bits - self.budget * self.unit).clamp(min=0)


class TargetEvents(EventsLoss):
    """μ-SPARSE: |S − S_0(μ)| · (N·T / S_0)^ρ, ρ = 0 in the paper."""

    def __init__(
        self, config: TargetEventsConfig, units: int, signal: SignalConfig, steps: int
    ) -> None:
        super().__init__(config, units, signal, steps)
        self.relative = config.relative

    def excess(self, events: Tensor, bits: Tensor, level: Tensor | None) -> Tensor:
        assert level is not None  # as the model with levels has checked
        density = target_density(level)
        return (events - self.unit * density).abs() * density**-self.relative


class Entropy(SparsityLoss):
    """Bits a frame under an `EventModel` that is trained beside the encoder (*ours*).

    It has the context of the entropy coder's learned model, so the encoder is asked for events that
    the coder can predict.
    """

    rate = "kbps_model"

    def __init__(
        self,
        config: EntropyLossConfig | ConditionalEntropyConfig,
        units: int,
        signal: SignalConfig,
        steps: int,
    ) -> None:
        super().__init__(config, units, signal, steps)
        self.event_model = EventModel(units, config.levels, LOGIT_SCALE)

    def cost(self, z: Tensor, level: Tensor | None) -> tuple[Tensor, Tensor]:
        bits = self.event_model.bits(z, level) / z.shape[2]  # a frame, (B,)
        kbps = bits.detach().mean() * self.signal.step_rate / 1000
        return self.weighted(bits, level).mean(), kbps

    def weighted(self, bits: Tensor, level: Tensor | None) -> Tensor:
        """What the bits (B,) count for."""
        return bits


class ConditionalEntropy(Entropy):
    """The same, bits at level μ counting 2^(μ/doubling)-fold."""

    def __init__(
        self, config: ConditionalEntropyConfig, units: int, signal: SignalConfig, steps: int
    ) -> None:
        super().__init__(config, units, signal, steps)
        self.doubling = config.doubling

    def weighted(self, bits: Tensor, level: Tensor | None) -> Tensor:
        assert level is not None  # as the model with levels has checked
        return bits * 2 ** (level / self.doubling)


def make_sparsity(config: VariantConfig) -> SparsityLoss | None:
    """The loss on the events of the variant `config`; None where it has none."""
    if config.sparsity is None:
        return None
    rows, steps = config.bottleneck.rows, config.training.steps
    return SPARSITIES.build("module", config.sparsity, rows, config.signal, steps)


def storage_bits(events: Tensor, units: int, frames: int) -> Tensor:
    """B_sparse: bits of `events` S (B,) as compressed time, S·⌈log2 T⌉ + (N − 1)·⌈log2 S⌉.

    The gradient is ⌈log2 T⌉ an event: the width of the pointers, ⌈log2 S⌉, is a constant (*ours*).

    Lisboa & Bellec 2024, eq. (7).
    """
    return events * (frames - 1).bit_length() + (units - 1) * _width(events.detach())


def target_density(level: Tensor) -> Tensor:
    """S_0(μ) / (N·T) = 2^(−μ/4) of levels μ.

    Lisboa & Bellec 2024, μ-SPARSE.
    """
    return 2 ** (-level / 4)


def _width(count: Tensor) -> Tensor:
    """⌈log2 count⌉, 0 up to a count of 1; exact, unlike a rounded logarithm."""
    mantissa, exponent = torch.frexp(count.clamp(min=1))  # count = mantissa · 2^exponent
    return exponent - (mantissa == 0.5).to(exponent)
