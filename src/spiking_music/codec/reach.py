"""How far beyond a block its codes and its sound depend on the recording, from the built model."""

import math
from dataclasses import dataclass

from spiking_music.config import DiffusionConfig, SeanetConfig, SpectralConfig, VariantConfig
from spiking_music.errors import CodeError

SPAN = 32  # further steps where a reach has no end: attention, recurrence, diffusion


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
    if isinstance(backbone, SpectralConfig):
        steps, exact = _spectral(backbone, config.signal.hop), True
    else:
        steps, exact = _seanet(backbone), not backbone.lstm_layers
    if config.context is not None:
        steps += config.context.layers * (config.context.kernel // 2)
        exact = False
    diffusion = isinstance(config.decoder, DiffusionConfig)
    encoder = steps if exact else steps + SPAN
    return Reach(encoder, steps + SPAN if diffusion else encoder, exact and not diffusion)


def _spectral(config: SpectralConfig, hop: int) -> int:
    """Depthwise convolutions at the frame rate, and frames that are longer than their hop."""
    overlap = max(0, config.n_fft - hop) / 2  # samples of a frame on either side of its step
    return config.depth * (config.kernel // 2) + math.ceil(overlap / hop)


def _seanet(config: SeanetConfig) -> int:
    """Kernels of 7 at both ends; between them, for each ratio r, one of 3 and one of 2r."""
    samples, stride = 3, 1
    for ratio in config.ratios:
        samples += stride * (1 + (ratio + 1) // 2)
        stride *= ratio
    return math.ceil((samples + 3 * stride) / stride)
