"""SEANet, the encoder of Lisboa & Bellec 2024 and EnCodec's decoder.

Défossez et al. 2022, "High Fidelity Neural Audio Compression", arXiv 2210.13438.
Non-causal, weight-normalised, reflect-padded: every convolution of stride r maps a length that r
divides to exactly length / r, its transpose maps it back, so T·hop samples ↔ T latents.
"""

import math

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from spiking_music.config import SeanetConfig
from spiking_music.errors import ConfigError
from spiking_music.models.parts import Decoder, Drawn, Encoder, ReceptiveField


class Conv(nn.Module):
    """Weight-normalised convolution with symmetric reflect padding: length → length / stride."""

    drawn = Drawn("convolution")

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = weight_norm(nn.Conv1d(inputs, outputs, kernel, stride))
        total = kernel - stride
        self.right = total // 2
        self.left = total - self.right

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(reflect(x, self.left, self.right))


class Transposed(nn.Module):
    """Weight-normalised transposed convolution, kernel 2r, trimmed: length → length · stride r."""

    drawn = Drawn("transposed conv")

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv = weight_norm(nn.ConvTranspose1d(inputs, outputs, 2 * stride, stride))
        self.right = stride // 2
        self.left = stride - self.right

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return y[..., self.left : y.shape[-1] - self.right]


class Residual(nn.Module):
    """ELU, conv k3 to half the channels, ELU, conv k1 back; a 1×1 convolution is the skip."""

    drawn = Drawn("residual block")

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.ELU(), Conv(channels, channels // 2, 3), nn.ELU(), Conv(channels // 2, channels, 1)
        )
        self.skip = Conv(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.branch(x)


class Recurrent(nn.Module):
    """LSTM over time beside the identity; (B, channels, T) kept."""

    drawn = Drawn("LSTM")

    def __init__(self, channels: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(channels, channels, layers, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(x.transpose(1, 2))
        return x + y.transpose(1, 2)


class SeanetEncoder(Encoder, nn.Sequential):
    """Audio (B, 1, T·hop) → latents (B, latent, T), hop = product of `ratios`.

    Lisboa & Bellec 2024, encoder.
    """

    drawn = Drawn("encoder", composite=True)

    def __init__(self, config: SeanetConfig, hop: int) -> None:
        require_hop(config.ratios, hop)
        channels = config.channels
        layers: list[nn.Module] = [Conv(1, channels, 7)]
        for ratio in config.ratios:
            layers += [
                Residual(channels),
                nn.ELU(),
                Conv(channels, 2 * channels, 2 * ratio, ratio),
            ]
            channels *= 2
        if config.lstm_layers:
            layers.append(Recurrent(channels, config.lstm_layers))
        super().__init__(*layers, nn.ELU(), Conv(channels, config.latent, 7))
        self._field = _receptive_field(config)

    @property
    def receptive_field(self) -> ReceptiveField:
        return self._field


class SeanetDecoder(Decoder, nn.Sequential):
    """Latents (B, latent, T) → audio (B, 1, T·hop): the encoder's mirror image."""

    drawn = Drawn("decoder", composite=True)

    def __init__(self, config: SeanetConfig, hop: int) -> None:
        require_hop(config.ratios, hop)
        channels = config.channels * 2 ** len(config.ratios)
        layers: list[nn.Module] = [Conv(config.latent, channels, 7)]
        if config.lstm_layers:
            layers.append(Recurrent(channels, config.lstm_layers))
        for ratio in reversed(config.ratios):
            layers += [
                nn.ELU(),
                Transposed(channels, channels // 2, ratio),
                Residual(channels // 2),
            ]
            channels //= 2
        super().__init__(*layers, nn.ELU(), Conv(channels, 1, 7))
        self._field = _receptive_field(config)

    @property
    def receptive_field(self) -> ReceptiveField:
        return self._field


def require_hop(ratios: tuple[int, ...], hop: int) -> None:
    """`ConfigError` unless strides of `ratios` make a frame of `hop` samples."""
    if math.prod(ratios) != hop:
        raise ConfigError(
            f"backbone ratios {list(ratios)} multiply to {math.prod(ratios)}, "
            f"but signal.hop is {hop}: make them equal"
        )


def _receptive_field(config: SeanetConfig) -> ReceptiveField:
    """Kernels of 7 at both ends; between them, for each ratio r, one of 3 and one of 2r."""
    samples, stride = 3, 1
    for ratio in config.ratios:
        samples += stride * (1 + (ratio + 1) // 2)
        stride *= ratio
    return ReceptiveField(math.ceil((samples + 3 * stride) / stride), exact=not config.lstm_layers)


def reflect(x: Tensor, left: int, right: int) -> Tensor:
    """`x` (B, C, L) mirrored at both ends; an x too short to mirror is first continued by zeros."""
    missing = max(left, right) + 1 - x.shape[-1]
    if missing <= 0:
        return F.pad(x, (left, right), mode="reflect")
    padded = F.pad(F.pad(x, (0, missing)), (left, right), mode="reflect")
    return padded[..., : padded.shape[-1] - missing]
