"""FREE's bottleneck: z = H(BN(L(x))), N binary units a frame (Lisboa & Bellec 2024)."""

import torch
from torch import Tensor, nn

from spiking_music.config import BinaryConfig
from spiking_music.models.across import BatchNorm
from spiking_music.models.checks import require_events
from spiking_music.models.parts import FRAMEWISE, Drawn
from spiking_music.models.quantizers.base import (
    Quantised,
    Quantizer,
    event_statistics,
)
from spiking_music.models.quantizers.surrogate import heaviside


class Binary(Quantizer):
    """Latents (B, C, T) → events z (B, N, T) in {0, 1} → latents (B, C, T).

    Batch norm centres every unit on its threshold, so that about half of the bits are ones and the
    pseudo-derivative reaches most of them.

    Lisboa & Bellec 2024, FREE.
    """

    drawn = Drawn("binary units")
    receptive_field = FRAMEWISE

    def __init__(self, config: BinaryConfig, width: int) -> None:
        super().__init__()
        self.units = config.units
        self.surrogate = config.surrogate
        # L has no bias: batch norm would subtract it
        self.in_proj = nn.Conv1d(width, config.units, 1, bias=False)
        self.norm = BatchNorm(config.units)
        self.out_proj = nn.Conv1d(config.units, width, 1)

    def forward(self, latent: Tensor) -> Quantised:
        z = heaviside(self.norm(self.in_proj(latent)), self.surrogate)  # (B, N, T)
        return Quantised(self.out_proj(z), z, {}, event_statistics(z.detach()))

    def encode(self, latent: Tensor) -> Tensor:
        """Events (B, N, T) uint8."""
        return (self.norm(self.in_proj(latent)) > 0).to(torch.uint8)

    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T) of events (B, N, T), any dtype; `CodeError` unless they are 0 or 1."""
        require_events(codes, self.units)
        return self.out_proj(codes.to(self.out_proj.weight.dtype))
