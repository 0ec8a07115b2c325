"""FREE's bottleneck: z = H(BN(L(x))), N binary units a frame."""

import math

import torch
from torch import Tensor, nn

from spiking_music.config import BinaryConfig
from spiking_music.model.bottleneck.events import require_events
from spiking_music.model.bottleneck.quantised import Quantised
from spiking_music.model.bottleneck.surrogate import heaviside


class Binary(nn.Module):
    """Latents (B, C, T) → events z (B, N, T) in {0, 1} → latents (B, C, T).

    Lisboa & Bellec 2024, FREE: z = H(BN(L(enc(x)))).
    Batch norm centres every unit on its threshold, so that about half of the bits are ones and the
    pseudo-derivative reaches most of them.
    """

    def __init__(self, config: BinaryConfig, width: int) -> None:
        super().__init__()
        self.units = config.units
        self.surrogate = config.surrogate
        # L has no bias: batch norm would subtract it
        self.into_units = nn.Conv1d(width, config.units, 1, bias=False)
        self.norm = nn.BatchNorm1d(config.units)
        self.out_of_units = nn.Conv1d(config.units, width, 1)

    def forward(self, latent: Tensor) -> Quantised:
        z = heaviside(self.norm(self.into_units(latent)), self.surrogate)  # (B, N, T)
        return Quantised(self.out_of_units(z), z, {}, statistics(z.detach()))

    def encode(self, latent: Tensor) -> Tensor:
        """Events (B, N, T) uint8."""
        return (self.norm(self.into_units(latent)) > 0).to(torch.uint8)

    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T) of events (B, N, T), any dtype; `CodeError` unless they are 0 or 1."""
        require_events(codes, self.units)
        return self.out_of_units(codes.to(self.out_of_units.weight.dtype))


def statistics(z: Tensor) -> dict[str, Tensor]:
    """Of events (B, N, T): density, units never or always on, i.i.d. entropy in bits a step."""
    rate = z.float().mean(dim=(0, 2))  # (N,)
    entropy = torch.special.entr(rate) + torch.special.entr(1 - rate)  # nats
    return {
        "density": rate.mean(),
        "dead_units": ((rate == 0) | (rate == 1)).sum().float(),
        "entropy_bits": entropy.sum() / math.log(2),
    }
