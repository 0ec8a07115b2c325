"""How far beyond a block its codes and its sound depend on the recording, from the built model."""

import math
from dataclasses import dataclass

from spiking_music.config import (
    ConformerConfig,
    Decoder,
    DiffusionConfig,
    GanConfig,
    GriffinLimConfig,
    LadderConfig,
    LappedConfig,
    RegressionConfig,
    SeanetConfig,
    SpectralConfig,
    SpectrogramConfig,
    VariantConfig,
    WaveformConfig,
)
from spiking_music.errors import CodeError, no_branch

SPAN = 32  # further steps where a reach has no end: attention, recurrence, diffusion, phase


@dataclass(frozen=True)
class Reach:
    """Steps on either side of a block that its window takes in.

    exact: all that the block depends on is within, so that a window gives what the whole file
    gives; else the window is all that attention sees or recurrence remembers.
    """

    encoder: int
    decoder: int
    exact: bool


def reach(config: VariantConfig) -> Reach:
    """The reach of a codec; `CodeError` for a variant that is none."""
    backbone = config.backbone
    if backbone is None:
        raise CodeError(
            f"variant '{config.name}' keeps a spectrogram and is no codec: choose another model"
        )
    if isinstance(backbone, LappedConfig):
        listens = math.ceil(backbone.n_fft / 2 / config.signal.hop)  # frames, and half a step more
        repair = backbone.depth * (backbone.kernel // 2) + _overlap(backbone.n_fft, config)
        held = grid(config)  # windows begin where levels do
        looks = math.ceil(max(1, backbone.loudness_steps) / held) * held
        return Reach(looks, repair + listens, exact=True)
    if isinstance(backbone, SpectralConfig):
        steps = backbone.depth * (backbone.kernel // 2) + _overlap(backbone.n_fft, config)
        exact = True
    elif isinstance(backbone, SpectrogramConfig):  # kernels of 3 frames
        steps, exact = len(backbone.ratios) + _overlap(backbone.n_fft, config), True
    elif isinstance(backbone, SeanetConfig):
        steps, exact = _seanet(backbone), not backbone.lstm_layers
    elif isinstance(backbone, WaveformConfig):
        steps, exact = _strided(backbone), True
    else:
        raise no_branch(backbone, "the reach of a backbone")
    if config.context is not None:
        steps += config.context.reach
        exact = exact and not isinstance(config.context, ConformerConfig)
    endless = _endless(config.decoder)
    encoder = steps if exact else steps + SPAN
    return Reach(encoder, steps + SPAN if endless else encoder, exact and not endless)


def grid(config: VariantConfig) -> int:
    """Steps of which blocks of codes are multiples, as a ladder's levels of bands hold so long."""
    return config.bottleneck.band_steps if isinstance(config.bottleneck, LadderConfig) else 1


def _endless(decoder: Decoder) -> bool:
    """Whether what a decoder makes of a step depends on steps however far away."""
    if isinstance(decoder, DiffusionConfig | GriffinLimConfig):
        return True
    if isinstance(decoder, RegressionConfig | GanConfig):
        return False
    raise no_branch(decoder, "the reach of a decoder")


def _overlap(n_fft: int, config: VariantConfig) -> int:
    """Steps on either side that a frame takes in, as frames are longer than their hop."""
    hop = config.signal.hop
    return math.ceil(max(0, n_fft - hop) / 2 / hop)


def _seanet(config: SeanetConfig) -> int:
    """Kernels of 7 at both ends; between them, for each ratio r, one of 3 and one of 2r."""
    samples, stride = 3, 1
    for ratio in config.ratios:
        samples += stride * (1 + (ratio + 1) // 2)
        stride *= ratio
    return math.ceil((samples + 3 * stride) / stride)


def _strided(config: WaveformConfig) -> int:
    """A kernel of 2r for each ratio r."""
    samples, stride = 0, 1
    for ratio in config.ratios:
        samples += stride * ((ratio + 1) // 2)
        stride *= ratio
    return math.ceil(samples / stride)
