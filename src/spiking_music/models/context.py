"""Context blocks: conformer layers that see the whole clip (Lisboa & Bellec 2024, SPARSE).

Conformer (Gulati et al. 2020, arXiv 2005.08100) with rotary positions (Su et al. 2021, arXiv
2104.09864) in place of relative ones, for torchaudio's conformer has no positions at all, and with
layer norm in place of batch norm, so that clips do not depend on their neighbours in training.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import ConformerConfig, VariantConfig
from spiking_music.errors import ConfigError
from spiking_music.models.checks import require_levels
from spiking_music.models.parts import Conditioner, Drawn, ReceptiveField


class FeedForward(nn.Module):
    """Norm, expand fourfold, SiLU, contract; (B, T, width) kept."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Attention(nn.Module):
    """Norm and self-attention over all steps, positions by rotation; (B, T, width) kept."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ConfigError(f"width {width} must be a multiple of 2 × heads = {2 * heads}")
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.in_proj = nn.Linear(width, 3 * width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        qkv = self.in_proj(self.norm(x)).view(batch, steps, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, width / heads)
        y = F.scaled_dot_product_attention(rotate(q), rotate(k), v)
        return self.out_proj(y.transpose(1, 2).flatten(2))


class Convolution(nn.Module):
    """Norm, gated pointwise, depthwise over time, norm, SiLU, pointwise; (B, T, width) kept."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        if kernel % 2 == 0:
            raise ConfigError(f"the kernel of a context block must be odd (got {kernel})")
        self.norm_in = nn.LayerNorm(width)
        self.gated = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = F.glu(self.gated(self.norm_in(x)))
        y = self.depthwise(y.transpose(1, 2)).transpose(1, 2)
        return self.out_proj(F.silu(self.norm(y)))


class LayerScale(nn.Module):
    """x + scale · layer(x), where `scale` (width,) is learned and small at first.

    Layer scale (*ours*). A context block stands between every loss and the encoder. One that starts
    as a random mapping, with the final norm of a conformer, costs FREE 2.5 dB in 400 train steps
    (docs/notebook/sparse-codes.md).
    """

    def __init__(self, layer: nn.Module, width: int) -> None:
        super().__init__()
        self.layer = layer
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * self.layer(x)


class Conformer(nn.Module):
    """Perceptron, attention, convolution, perceptron, each added gradually; (B, T, width) kept."""

    drawn = Drawn("conformer", channels_last=True)

    def __init__(self, width: int, heads: int, kernel: int) -> None:
        super().__init__()
        layers = (
            FeedForward(width),
            Attention(width, heads),
            Convolution(width, kernel),
            FeedForward(width),
        )
        self.layers = nn.Sequential(*(LayerScale(layer, width) for layer in layers))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Context(Conditioner):
    """`layers` conformer layers over latents (B, width, T), prompted by a level where `levels` > 0.

    A level μ in 0..levels−1 is a learned vector added to every step (μ-SPARSE).

    Lisboa & Bellec 2024, SPARSE and μ-SPARSE.
    """

    drawn = Drawn("context", composite=True)

    def __init__(self, width: int, layers: int, levels: int, heads: int, kernel: int) -> None:
        super().__init__()
        self.reach = layers * (kernel // 2)
        self.levels = levels
        self.embedding = nn.Embedding(levels, width) if levels else None
        self.layers = nn.Sequential(*(Conformer(width, heads, kernel) for _ in range(layers)))

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Latents (B, width, T) and levels (B,) int64 → latents (B, width, T).

        Raises `CodeError` where a level is missing, not asked for, or out of range.
        """
        require_levels(level, self.levels, len(x))
        if self.embedding is not None:
            x = x + self.embedding(level)[:, :, None]
        return self.layers(x.transpose(1, 2)).transpose(1, 2)

    def near_identity(self) -> None:
        """No level differs from another; the layers start gently anyway."""
        if self.embedding is not None:
            nn.init.zeros_(self.embedding.weight)

    @property
    def receptive_field(self) -> ReceptiveField:
        """Of the convolutions; attention takes in all there is."""
        return ReceptiveField(self.reach, exact=False)


def make_context(config: ConformerConfig, variant: VariantConfig, back: bool) -> Context:
    """The layers before the bottleneck, or (`back`) after it: equally many."""
    return Context(variant.latent, config.layers, variant.levels, config.heads, config.kernel)


def rotate(x: Tensor) -> Tensor:
    """Rotate pairs of channels of (…, T, D) by angles proportional to the step: rotary positions.

    Inner products of two rotated vectors depend on their distance in steps, not on where they are.
    """
    half = x.shape[-1] // 2
    frequency = 10_000 ** (-torch.arange(half, device=x.device) / half)
    angle = torch.arange(x.shape[-2], device=x.device)[:, None] * frequency  # (T, D/2), float32
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
