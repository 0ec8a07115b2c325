"""Bottlenecks: real latents ↔ discrete codes.

A bottleneck of width C has `forward(latent (B, C, T)) -> Quantised` for training, and for use
`encode(latent) -> codes` and `decode(codes) -> latent (B, C, T)`.
"""

from spiking_music.config import BinaryConfig, MelConfig, RvqConfig
from spiking_music.model.bottleneck.binary import Binary
from spiking_music.model.bottleneck.mel import Passage
from spiking_music.model.bottleneck.quantised import Quantised
from spiking_music.model.bottleneck.rvq import Rvq

__all__ = ["Binary", "Passage", "Quantised", "Rvq", "make_bottleneck"]


def make_bottleneck(
    config: BinaryConfig | RvqConfig | MelConfig, width: int
) -> Binary | Rvq | Passage:
    """The bottleneck that `config` describes, for latents of `width` channels."""
    if isinstance(config, BinaryConfig):
        return Binary(config, width)
    if isinstance(config, RvqConfig):
        return Rvq(config, width)
    return Passage(width)
