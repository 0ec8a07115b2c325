"""Bottlenecks: real latents ↔ discrete codes.

A bottleneck of width C has `forward(latent (B, C, T)) -> Quantised` for training, and for use
`encode(latent) -> codes` and `decode(codes) -> latent (B, C, T)`.
"""

from spiking_music.config import BinaryConfig, GradedConfig, MelConfig, RvqConfig, ScalarConfig
from spiking_music.model.bottleneck.binary import Binary
from spiking_music.model.bottleneck.graded import Graded
from spiking_music.model.bottleneck.mel import Passage
from spiking_music.model.bottleneck.quantised import Quantised
from spiking_music.model.bottleneck.rvq import Rvq
from spiking_music.model.bottleneck.scalar import Scalar

__all__ = ["Binary", "Graded", "Passage", "Quantised", "Rvq", "Scalar", "make_bottleneck"]


def make_bottleneck(
    config: BinaryConfig | GradedConfig | RvqConfig | ScalarConfig | MelConfig, width: int
) -> Binary | Graded | Rvq | Scalar | Passage:
    """The bottleneck that `config` describes, for latents of `width` channels."""
    if isinstance(config, BinaryConfig):
        return Binary(config, width)
    if isinstance(config, GradedConfig):
        return Graded(config, width)
    if isinstance(config, RvqConfig):
        return Rvq(config, width)
    if isinstance(config, ScalarConfig):
        return Scalar(config, width)
    return Passage(width)
