"""Rate conditioning (*ours*): one model for many rates, by a level μ that the latents are told."""

import torch
from torch import Tensor, nn

from spiking_music.config import GainConfig, VariantConfig
from spiking_music.models.checks import require_levels
from spiking_music.models.parts import FRAMEWISE, Conditioner, Drawn

LR_MULTIPLIER = 4.0  # of gains: Adam moves weights by thousandths, and their factors span a decade


class Gain(Conditioner):
    """Latents (B, width, T) scaled and shifted by what is learned of a level, as they are at first.

    One model for many rates needs quantisers of many step sizes: with the events' thresholds fixed,
    the latents before L grow and shrink instead, and after H again (gain units, Cui et al. 2021,
    arXiv 2003.02012).
    """

    drawn = Drawn("gains of a level")
    receptive_field = FRAMEWISE

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.levels = levels
        self.gain = nn.Parameter(torch.zeros(levels, width))  # ln of the factor, over LR_MULTIPLIER
        self.shift = nn.Parameter(torch.zeros(levels, width))

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Latents (B, width, T) and levels (B,) int64 → latents (B, width, T); `CodeError` as in
        `require_levels`.
        """
        require_levels(level, self.levels, len(x))
        return (
            x * (LR_MULTIPLIER * self.gain[level]).exp()[:, :, None] + self.shift[level][:, :, None]
        )


def make_gain(config: GainConfig, variant: VariantConfig, back: bool) -> Gain:
    """The gains before the bottleneck, or (`back`) after it, each with weights of its own."""
    return Gain(variant.latent, variant.levels)
