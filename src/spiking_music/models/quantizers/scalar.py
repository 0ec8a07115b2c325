"""The older auto-encoders' bottleneck: real latents, rounded to k bits each."""

import torch
from torch import Tensor, nn

from spiking_music.config import ScalarConfig
from spiking_music.models.across import BatchNorm
from spiking_music.models.parts import FRAMEWISE, Drawn
from spiking_music.models.quantizers.base import (
    Quantised,
    Quantizer,
    index_statistics,
    require_indices,
)


class Scalar(Quantizer):
    """Latents (B, C, T) → indices (B, rows, T) in 0..2^k−1 → latents (B, C, T).

    tanh bounds a number to −1..1, whose 2^k equal parts are the indices and whose middles are what
    they decode to; the gradient passes the rounding unchanged. Without an auxiliary loss, as finite
    scalar quantisation (Mentzer et al. 2023, arXiv 2309.15505); batch norm before tanh keeps all
    parts in use. The cost is k bits a number, whatever it is.
    """

    drawn = Drawn("scalar quantiser")
    receptive_field = FRAMEWISE

    def __init__(self, config: ScalarConfig, width: int) -> None:
        super().__init__()
        self.rows, self.size = config.rows, config.codebook_size
        # no bias: batch norm would subtract it
        self.in_proj = nn.Conv1d(width, config.latents, 1, bias=False)
        self.norm = BatchNorm(config.latents)
        self.out_proj = nn.Conv1d(config.latents, width, 1)

    def forward(self, latent: Tensor) -> Quantised:
        bounded = self._bounded(latent)  # (B, rows, T), -1..1
        indices = self._indices(bounded)
        rounded = bounded + (self._middles(indices) - bounded).detach()
        stats = index_statistics(indices, self.size)
        return Quantised(self.out_proj(rounded), indices, {}, stats)

    def encode(self, latent: Tensor) -> Tensor:
        """Indices (B, rows, T) int64."""
        return self._indices(self._bounded(latent))

    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T) of indices (B, rows, T); `CodeError` unless they are in 0..2^k−1."""
        require_indices(codes, self.rows, self.size)
        return self.out_proj(self._middles(codes))

    def _bounded(self, latent: Tensor) -> Tensor:
        return torch.tanh(self.norm(self.in_proj(latent)))

    def _indices(self, bounded: Tensor) -> Tensor:
        parts = ((bounded.float() + 1) * (self.size / 2)).long()
        return parts.clamp(0, self.size - 1)

    def _middles(self, indices: Tensor) -> Tensor:
        middles = (indices + 0.5) * (2 / self.size) - 1
        return middles.to(self.out_proj.weight.dtype)
