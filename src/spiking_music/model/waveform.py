"""The time-domain auto-encoder: strided 1-D convolutions on the waveform.

As plain as the frequency-domain one, without SEANet's residual blocks and recurrence.
"""

from torch import nn

from spiking_music.config import WaveformConfig
from spiking_music.model.seanet import Conv, Transposed


class WaveformEncoder(nn.Sequential):
    """Audio (B, 1, T·hop) → latents (B, latent, T), hop = product of `ratios`."""

    def __init__(self, config: WaveformConfig) -> None:
        layers: list[nn.Module] = []
        inputs, outputs = 1, config.channels
        for ratio in config.ratios:
            layers += [Conv(inputs, outputs, 2 * ratio, ratio), nn.ELU()]
            inputs, outputs = outputs, 2 * outputs
        super().__init__(*layers, Conv(inputs, config.latent, 1))


class WaveformDecoder(nn.Sequential):
    """Latents (B, latent, T) → audio (B, 1, T·hop): the encoder's mirror image."""

    def __init__(self, config: WaveformConfig) -> None:
        channels = config.channels * 2 ** (len(config.ratios) - 1)
        layers: list[nn.Module] = [Conv(config.latent, channels, 1)]
        for i, ratio in enumerate(reversed(config.ratios), start=1):
            outputs = 1 if i == len(config.ratios) else channels // 2
            layers += [nn.ELU(), Transposed(channels, outputs, ratio)]
            channels = outputs
        super().__init__(*layers)
