"""Rate conditioning of the MDCT codec: the step size of its quantiser."""

import torch
from torch import Tensor

from spiking_music.config import MdctConfig, StepSizeConfig, VariantConfig
from spiking_music.models.checks import require_levels
from spiking_music.models.parts import FRAMEWISE, Conditioner, Drawn


class StepSize(Conditioner):
    """Coefficients (B, D, T) at the step size of μ; frame gain and envelope stay as they are.

    Before the quantiser coefficients shrink as its step size is to grow, 2^(μ / doubling), and
    `back` again after it: one filter bank and one decoder for all rates.
    """

    drawn = Drawn("step size of a level")
    receptive_field = FRAMEWISE

    def __init__(self, config: StepSizeConfig, bins: int, back: bool) -> None:
        super().__init__()
        self.levels, self.bins = config.levels, bins
        self.doubling = config.doubling if back else -config.doubling

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Latents (B, C, T) and levels (B,) int64 → latents (B, C, T); `CodeError` as in
        `require_levels`.
        """
        require_levels(level, self.levels, len(x))
        assert level is not None  # as has been checked
        factor = torch.exp2(level / self.doubling)[:, None, None]
        return torch.cat([x[:, : self.bins] * factor, x[:, self.bins :]], dim=1)


def make_step_size(config: StepSizeConfig, variant: VariantConfig, back: bool) -> StepSize:
    """What stands before the quantiser, or (`back`) after it."""
    assert isinstance(variant.backbone, MdctConfig)  # as the configuration has checked
    return StepSize(config, variant.backbone.bins, back)
