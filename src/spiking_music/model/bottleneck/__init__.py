"""Bottlenecks: real latents ↔ discrete codes.

A bottleneck of width C has `forward(latent (B, C, T)) -> Quantised` for training, and for use
`encode(latent) -> codes` and `decode(codes) -> latent (B, C, T)`.
"""

from spiking_music.config import (
    BinaryConfig,
    Bottleneck,
    GradedConfig,
    LadderConfig,
    MelConfig,
    RvqConfig,
    ScalarConfig,
)
from spiking_music.errors import no_branch
from spiking_music.model.bottleneck.binary import Binary
from spiking_music.model.bottleneck.graded import Graded
from spiking_music.model.bottleneck.ladder import Ladder
from spiking_music.model.bottleneck.mel import Passage
from spiking_music.model.bottleneck.quantised import Quantised
from spiking_music.model.bottleneck.rvq import Rvq
from spiking_music.model.bottleneck.scalar import Scalar

__all__ = ["Binary", "Graded", "Ladder", "Passage", "Quantised", "Rvq", "Scalar", "make_bottleneck"]


def make_bottleneck(
    config: Bottleneck, width: int
) -> Binary | Graded | Ladder | Rvq | Scalar | Passage:
    """The bottleneck that `config` describes, for latents of `width` channels.

    `ConfigError` for a class that has none: without one a model would train on bare latents.
    """
    if isinstance(config, BinaryConfig):
        return Binary(config, width)
    if isinstance(config, GradedConfig):
        return Graded(config, width)
    if isinstance(config, LadderConfig):
        return Ladder(config)
    if isinstance(config, RvqConfig):
        return Rvq(config, width)
    if isinstance(config, ScalarConfig):
        return Scalar(config, width)
    if isinstance(config, MelConfig):
        return Passage(width)
    raise no_branch(config, "make_bottleneck")
