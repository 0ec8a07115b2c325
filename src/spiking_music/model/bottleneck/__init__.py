"""Bottlenecks: real latents ↔ discrete codes.

A bottleneck of width C has `forward(latent (B, C, T)) -> Quantised` for training, and for use
`encode(latent) -> codes` and `decode(codes) -> latent (B, C, T)`.
"""

from spiking_music.config import BinaryConfig, RvqConfig
from spiking_music.model.bottleneck.binary import Binary
from spiking_music.model.bottleneck.quantised import Quantised
from spiking_music.model.bottleneck.rvq import Rvq

__all__ = ["Binary", "Quantised", "Rvq", "make_bottleneck"]


def make_bottleneck(config: BinaryConfig | RvqConfig, width: int) -> Binary | Rvq:
    """The bottleneck that `config` describes, for latents of `width` channels."""
    if config.kind == "binary":
        return Binary(config, width)
    return Rvq(config, width)
