"""The time-domain auto-encoder: strided 1-D convolutions on the waveform.

As plain as the frequency-domain one, without SEANet's residual blocks and recurrence.
"""

import math

from torch import nn

from spiking_music.config import WaveformConfig
from spiking_music.models.backbones.seanet import Conv, Transposed, require_hop
from spiking_music.models.parts import Decoder, Drawn, Encoder, ReceptiveField


class WaveformEncoder(Encoder, nn.Sequential):
    """Audio (B, 1, T·hop) → latents (B, latent, T), hop = product of `ratios`."""

    drawn = Drawn("encoder", composite=True)

    def __init__(self, config: WaveformConfig, hop: int) -> None:
        require_hop(config.ratios, hop)
        layers: list[nn.Module] = []
        inputs, outputs = 1, config.channels
        for ratio in config.ratios:
            layers += [Conv(inputs, outputs, 2 * ratio, ratio), nn.ELU()]
            inputs, outputs = outputs, 2 * outputs
        super().__init__(*layers, Conv(inputs, config.latent, 1))
        self._field = _receptive_field(config)

    @property
    def receptive_field(self) -> ReceptiveField:
        return self._field


class WaveformDecoder(Decoder, nn.Sequential):
    """Latents (B, latent, T) → audio (B, 1, T·hop): the encoder's mirror image."""

    drawn = Drawn("decoder", composite=True)

    def __init__(self, config: WaveformConfig, hop: int) -> None:
        require_hop(config.ratios, hop)
        channels = config.channels * 2 ** (len(config.ratios) - 1)
        layers: list[nn.Module] = [Conv(config.latent, channels, 1)]
        for i, ratio in enumerate(reversed(config.ratios), start=1):
            outputs = 1 if i == len(config.ratios) else channels // 2
            layers += [nn.ELU(), Transposed(channels, outputs, ratio)]
            channels = outputs
        super().__init__(*layers)
        self._field = _receptive_field(config)

    @property
    def receptive_field(self) -> ReceptiveField:
        return self._field


def _receptive_field(config: WaveformConfig) -> ReceptiveField:
    """A kernel of 2r for each ratio r."""
    samples, stride = 0, 1
    for ratio in config.ratios:
        samples += stride * ((ratio + 1) // 2)
        stride *= ratio
    return ReceptiveField(math.ceil(samples / stride))
