"""Parts of the diffusion U-Net; B clips, C channels, L samples at a level, F features."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.models.parts import Drawn


class NoiseEmbedding(nn.Module):
    """Noise levels sigma (B,) in [0, 1] -> features (B, F) that modulate all items and skips.

    Learned Fourier features, then one hidden layer that is applied twice (the reference network
    shares it, and the parameter count holds us to that).
    """

    drawn = Drawn("noise level embedding")

    def __init__(self, features: int, frequencies: int = 128) -> None:
        super().__init__()
        self.frequencies = nn.Parameter(torch.randn(frequencies))
        self.project = nn.Linear(1 + 2 * frequencies, features)
        self.hidden = nn.Linear(features, features)

    def forward(self, sigma: Tensor) -> Tensor:
        sigma = sigma[:, None]  # (B, 1)
        angles = 2 * math.pi * sigma * self.frequencies  # (B, frequencies)
        h = F.gelu(self.project(torch.cat([sigma, angles.sin(), angles.cos()], dim=1)))  # (B, F)
        h = F.gelu(self.hidden(h))
        return F.gelu(self.hidden(h))


class Residual(nn.Module):
    """x + two rounds of [group norm, SiLU, convolution of 3], (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        rounds = []
        for _ in range(2):
            rounds += [nn.GroupNorm(groups, channels), nn.SiLU()]
            rounds += [nn.Conv1d(channels, channels, kernel_size=3, padding=1)]
        self.rounds = nn.Sequential(*rounds)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.rounds(x)


class Modulation(nn.Module):
    """Layer norm over channels, then scale and shift by the noise level, (B, C, L) -> (B, C, L)."""

    def __init__(self, channels: int, features: int) -> None:
        super().__init__()
        self.scale_shift = nn.Linear(features, 2 * channels)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        scale, shift = self.scale_shift(F.silu(features))[:, :, None].chunk(2, dim=1)  # (B, C, 1)
        x = F.layer_norm(x.transpose(1, 2), x.shape[1:2], eps=1e-6).transpose(1, 2)  # (B, C, L)
        return x * (1 + scale) + shift


class Injection(nn.Module):
    """Where the codes enter: x + a 1x1 convolution of [x, context], both (B, ., L) -> (B, C, L)."""

    def __init__(self, channels: int, context_channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(channels + context_channels, channels, kernel_size=1)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        return x + self.mix(torch.cat([x, context], dim=1))


class Attention(nn.Module):
    """x + self-attention over time, without positions, (B, C, L) -> (B, C, L).

    Queries and keys have a layer norm each, as in the reference network.
    """

    def __init__(self, channels: int, heads: int, head_features: int) -> None:
        super().__init__()
        self.heads = heads
        inner = heads * head_features
        self.query_norm = nn.LayerNorm(channels)
        self.key_norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, inner, bias=False)
        self.key_value = nn.Linear(channels, 2 * inner, bias=False)
        self.out = nn.Linear(inner, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = x.transpose(1, 2)  # (B, L, C)
        query = self._split(self.query(self.query_norm(h)))  # (B, heads, L, head_features)
        key, value = self.key_value(self.key_norm(h)).chunk(2, dim=-1)
        h = F.scaled_dot_product_attention(query, self._split(key), self._split(value))
        return x + self.out(h.transpose(1, 2).flatten(2)).transpose(1, 2)

    def _split(self, h: Tensor) -> Tensor:
        return h.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class Item(nn.Module):
    """The repeated unit of a level: residual, modulation, where asked injection and attention."""

    def __init__(
        self,
        channels: int,
        *,
        groups: int,
        features: int,
        context_channels: int | None,
        attention: tuple[int, int] | None,
    ) -> None:
        super().__init__()
        self.residual = Residual(channels, groups)
        self.modulation = Modulation(channels, features)
        self.injection = Injection(channels, context_channels) if context_channels else None
        self.attention = Attention(channels, *attention) if attention else None

    def forward(self, x: Tensor, features: Tensor, context: Tensor) -> Tensor:
        x = self.modulation(self.residual(x), features)
        if self.injection is not None:
            x = self.injection(x, context)
        if self.attention is not None:
            x = self.attention(x)
        return x
