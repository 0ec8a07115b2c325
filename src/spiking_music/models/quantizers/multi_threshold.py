"""Multi-threshold ON and OFF units (*ours*): events whose number tells how much."""

import torch
from torch import Tensor, nn

from spiking_music.config import MultiThresholdConfig
from spiking_music.models.across import BatchNorm
from spiking_music.models.checks import require_events
from spiking_music.models.parts import FRAMEWISE, Drawn
from spiking_music.models.quantizers.base import (
    Quantised,
    Quantizer,
    event_statistics,
)
from spiking_music.models.quantizers.surrogate import triangle


class MultiThreshold(Quantizer):
    """Latents (B, C, T) → events z (B, N, T) in {0, 1} → latents (B, C, T), N = 2·K·D.

    Each of D channels y = BN(L(x)) has K ON units, which fire where y > θ + k (k = 0 … K − 1), and
    K OFF units, which fire where −y > θ + k. With θ = ½ y is rounded, and silence means a value
    near 0; the pseudo-derivatives of a channel's units sum to that of rounding, 1 within ±(K − ½).
    The decoder does not know θ: an encoder with a higher one spends fewer bits (a dead zone).
    Rows are ordered by threshold, then sign, then channel, so that a channel's units are far apart
    and an entropy coder, which codes neighbours together, knows one when it codes the next.
    """

    drawn = Drawn("multi-threshold units")
    receptive_field = FRAMEWISE
    thresholds: Tensor

    def __init__(self, config: MultiThresholdConfig, width: int) -> None:
        super().__init__()
        self.units = config.units
        self.in_proj = nn.Conv1d(width, config.channels, 1, bias=False)
        self.norm = BatchNorm(config.channels)
        self.out_proj = nn.Conv1d(config.units, width, 1)
        thresholds = torch.arange(config.thresholds) + config.first
        self.register_buffer("thresholds", thresholds[:, None, None, None], persistent=False)

    def forward(self, latent: Tensor) -> Quantised:
        z = triangle(self._drive(latent))
        return Quantised(self.out_proj(z), z, {}, event_statistics(z.detach()))

    def encode(self, latent: Tensor) -> Tensor:
        """Events (B, N, T) uint8."""
        return (self._drive(latent) > 0).to(torch.uint8)

    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T) of events (B, N, T), any dtype; `CodeError` unless they are 0 or 1."""
        require_events(codes, self.units)
        return self.out_proj(codes.to(self.out_proj.weight.dtype))

    def _drive(self, latent: Tensor) -> Tensor:
        """What each unit compares with 0, (B, N, T)."""
        y = self.norm(self.in_proj(latent))  # (B, D, T)
        signed = torch.stack([y, -y], dim=1)  # (B, 2, D, T)
        drive = signed[:, None] - self.thresholds  # (B, K, 2, D, T)
        return drive.flatten(1, 3)
