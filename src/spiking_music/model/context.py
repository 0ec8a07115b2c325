"""Context blocks of SPARSE and μ-SPARSE: conformer layers that see the whole clip, or gains.

Conformer (Gulati et al. 2020, arXiv 2005.08100) with rotary positions (Su et al. 2021, arXiv
2104.09864) in place of relative ones, for torchaudio's conformer has no positions at all, and with
layer norm in place of batch norm, so that clips do not depend on their neighbours in training.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import StepsConfig
from spiking_music.errors import CodeError, ConfigError

SPEED = 4.0  # of gains: Adam moves weights by thousandths, and their factors span a decade


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
        self.into = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        qkv = self.into(self.norm(x)).view(batch, steps, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, width / heads)
        y = F.scaled_dot_product_attention(rotate(q), rotate(k), v)
        return self.out(y.transpose(1, 2).flatten(2))


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
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = F.glu(self.gated(self.norm_in(x)))
        y = self.depthwise(y.transpose(1, 2)).transpose(1, 2)
        return self.out(F.silu(self.norm(y)))


class Gradual(nn.Module):
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

    def __init__(self, width: int, heads: int, kernel: int) -> None:
        super().__init__()
        layers = (
            FeedForward(width),
            Attention(width, heads),
            Convolution(width, kernel),
            FeedForward(width),
        )
        self.layers = nn.Sequential(*(Gradual(layer, width) for layer in layers))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Context(nn.Module):
    """`layers` conformer layers over latents (B, width, T), prompted by a level where `levels` > 0.

    Lisboa & Bellec 2024, SPARSE and μ-SPARSE. A level μ in 0..levels−1 is a learned vector that is
    added to every frame.
    """

    def __init__(self, width: int, layers: int, levels: int, heads: int, kernel: int) -> None:
        super().__init__()
        self.levels = levels
        self.embedding = nn.Embedding(levels, width) if levels else None
        self.layers = nn.Sequential(*(Conformer(width, heads, kernel) for _ in range(layers)))

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Latents (B, width, T) and levels (B,) int64 → latents (B, width, T).

        Raises `CodeError` where a level is missing, not asked for, or out of range.
        """
        _check(level, self.levels, len(x))
        if self.embedding is not None:
            x = x + self.embedding(level)[:, :, None]
        return self.layers(x.transpose(1, 2)).transpose(1, 2)


class Gain(nn.Module):
    """Latents (B, width, T) scaled and shifted by what is learned of a level, as they are at first.

    One model for many rates needs quantisers of many step sizes: with the events' thresholds fixed,
    the latents before L grow and shrink instead, and after H again (gain units, Cui et al. 2021,
    arXiv 2003.02012).
    """

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.levels = levels
        self.gain = nn.Parameter(torch.zeros(levels, width))  # ln of the factor, over SPEED
        self.shift = nn.Parameter(torch.zeros(levels, width))

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Latents (B, width, T) and levels (B,) int64 → latents (B, width, T); `CodeError` as in
        `Context`.
        """
        _check(level, self.levels, len(x))
        return x * (SPEED * self.gain[level]).exp()[:, :, None] + self.shift[level][:, :, None]


class Steps(nn.Module):
    """Coefficients (B, D, T) at the step of a level (*ours*); loudness, after them, is left alone.

    Before the ladder coefficients shrink as its step is to grow, 2^(μ / doubling), and `back` again
    after it: one transform and one decoder for all rates.
    """

    def __init__(self, config: StepsConfig, bins: int, back: bool) -> None:
        super().__init__()
        self.levels, self.bins = config.levels, bins
        self.doubling = config.doubling if back else -config.doubling

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Latents (B, C, T) and levels (B,) int64 → latents (B, C, T); `CodeError` as in
        `Context`.
        """
        _check(level, self.levels, len(x))
        assert level is not None  # as has been checked
        factor = torch.exp2(level / self.doubling)[:, None, None]
        return torch.cat([x[:, : self.bins] * factor, x[:, self.bins :]], dim=1)


def _check(level: Tensor | None, levels: int, clips: int) -> None:
    """`CodeError` unless there is one of `levels` levels for each clip; none where they are 0."""
    if (level is None) != (levels == 0):
        wanted = f"a level in 0..{levels - 1}" if levels else "no level"
        raise CodeError(f"this model takes {wanted}; give exactly that")
    if level is None:
        return
    if level.shape != (clips,) or level.min() < 0 or level.max() >= levels:
        raise CodeError(f"levels must be one a clip, each in 0..{levels - 1}")


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
