"""The frequency-domain auto-encoder: STFT magnitudes as an image, 2-D convolutions.

Convolutions stride along frequency alone, so that T frames give T latents. The image leaves out the
Nyquist frequency, which nobody hears, so that its height is a power of two.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from spiking_music.config import GriffinLimConfig, SpectrogramConfig, VariantConfig
from spiking_music.errors import ConfigError
from spiking_music.models.backbones.spectral import Stft
from spiking_music.models.griffin_lim import griffin_lim
from spiking_music.models.noise import Noise
from spiking_music.models.parts import Decoder, Drawn, Encoder, ReceptiveField


class Image(nn.Module):
    """Audio (B, 1, T·hop) ↔ magnitudes (B, 1, n_fft/2, T), compressed by an exponent.

    A sine of full scale peaks at 1 and silence is 0.
    """

    drawn = Drawn("magnitudes")

    def __init__(self, config: SpectrogramConfig, hop: int) -> None:
        super().__init__()
        self.stft = Stft(config.n_fft, hop)
        self.exponent = config.exponent
        self.full_scale = float(self.stft.window.sum()) / 2

    def forward(self, x: Tensor) -> Tensor:
        magnitude = self.stft(x).abs()[:, None, :-1]
        return (magnitude / self.full_scale) ** self.exponent

    def magnitudes(self, image: Tensor) -> Tensor:
        """Image (B, 1, n_fft/2, T) → magnitudes (B, n_fft/2 + 1, T) of `stft`."""
        magnitude = self.full_scale * image[:, 0].clamp(min=0) ** (1 / self.exponent)
        return F.pad(magnitude, (0, 0, 0, 1))


class Down(nn.Module):
    """Weight-normalised convolution over 2r bins and 3 frames: F → F / r, T kept."""

    drawn = Drawn("2-D convolution")

    def __init__(self, inputs: int, outputs: int, ratio: int) -> None:
        super().__init__()
        self.conv = weight_norm(
            nn.Conv2d(inputs, outputs, (2 * ratio, 3), (ratio, 1), (ratio // 2, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class Up(nn.Module):
    """The transpose of `Down`: F → F · r, T kept."""

    drawn = Drawn("2-D transpose")

    def __init__(self, inputs: int, outputs: int, ratio: int) -> None:
        super().__init__()
        self.conv = weight_norm(
            nn.ConvTranspose2d(inputs, outputs, (2 * ratio, 3), (ratio, 1), (ratio // 2, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class SpectrogramEncoder(Encoder, nn.Sequential):
    """Audio (B, 1, T·hop) → latents (B, latent, T)."""

    drawn = Drawn("encoder", composite=True)

    def __init__(self, config: SpectrogramConfig, hop: int) -> None:
        channels, height = _innermost(config)
        layers: list[nn.Module] = [Image(config, hop)]
        inputs, outputs = 1, config.channels
        for ratio in config.ratios:
            layers += [Down(inputs, outputs, ratio), nn.ELU()]
            inputs, outputs = outputs, 2 * outputs
        flat = nn.Flatten(1, 2)  # (B, channels · height, T)
        super().__init__(*layers, flat, nn.Conv1d(channels * height, config.latent, 1))
        overlap = Stft(config.n_fft, hop).overlap
        self._field = ReceptiveField(len(config.ratios) + overlap)  # a kernel of 3 frames a ratio

    @property
    def receptive_field(self) -> ReceptiveField:
        return self._field


class SpectrogramDecoder(Decoder):
    """Latents (B, latent, T) → the image, which is what it learns; and audio, by Griffin-Lim."""

    drawn = Drawn("Griffin-Lim", composite=True)

    def __init__(self, config: SpectrogramConfig, phase: GriffinLimConfig, hop: int) -> None:
        super().__init__()
        channels, height = _innermost(config)
        layers: list[nn.Module] = [
            nn.Conv1d(config.latent, channels * height, 1),
            nn.Unflatten(1, (channels, height)),
        ]
        for i, ratio in enumerate(reversed(config.ratios), start=1):
            outputs = 1 if i == len(config.ratios) else channels // 2
            layers += [nn.ELU(), Up(channels, outputs, ratio)]
            channels = outputs
        self.layers = nn.Sequential(*layers)
        self.image, self.phase, self.ratios = Image(config, hop), phase, len(config.ratios)

    @property
    def receptive_field(self) -> ReceptiveField:
        """Of the magnitudes; their phase depends on all of them."""
        return ReceptiveField(self.ratios + self.image.stft.overlap, exact=False)

    def learn(self, audio: Tensor, latent: Tensor) -> tuple[Tensor | None, dict[str, Tensor]]:
        return None, {"spectrum": self(audio, latent)}

    def forward(self, audio: Tensor, latent: Tensor) -> Tensor:
        """RMSE between the images of (B, 1, T·hop) and of latents (B, latent, T): scalar."""
        error = self.layers(latent).float() - self.image(audio)
        power = error.square().mean(dim=(1, 2, 3))  # (B,)
        return power.clamp(min=torch.finfo(power.dtype).tiny).sqrt().mean()

    @torch.no_grad()
    def synthesize(self, latent: Tensor, noise: Noise) -> Tensor:
        """Audio (B, 1, T·hop) of latents (B, latent, T)."""
        magnitude = self.image.magnitudes(self.layers(latent).float())
        iterations, momentum = self.phase.iterations, self.phase.momentum
        return griffin_lim(magnitude, self.image.stft, iterations, momentum, noise)


def make_decoder(config: GriffinLimConfig, variant: VariantConfig) -> SpectrogramDecoder:
    """The decoder of a variant, whose backbone says what its image is like."""
    assert isinstance(variant.backbone, SpectrogramConfig)  # as the configuration has checked
    return SpectrogramDecoder(variant.backbone, config, variant.signal.hop)


def _innermost(config: SpectrogramConfig) -> tuple[int, int]:
    """Channels and height of the image inside; `ConfigError` for a height that does not divide."""
    height, stride = config.n_fft // 2, math.prod(config.ratios)
    if height % stride:
        raise ConfigError(
            f"n_fft / 2 = {height} bins must be a multiple of {stride}, the product of ratios "
            f"{list(config.ratios)}"
        )
    return config.channels * 2 ** (len(config.ratios) - 1), height // stride
