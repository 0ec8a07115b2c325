"""Multi-scale STFT discriminators (Défossez et al., arXiv 2210.13438, section 3.4)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from spiking_music.config import DiscriminatorConfig

FLOOR = 1e-4  # of magnitudes that are compressed: the square root of zero has no gradient


class StftDiscriminator(nn.Module):
    """Judges waveforms by their complex STFT, seen as an image of two channels, time by frequency.

    Frames of n_fft samples every n_fft / 4, Hann window, scaled by the window's energy. Magnitudes
    are raised to the power `compression` (*ours*): else a network that starts at random hardly
    sees the treble of a quiet piano. Clips must be at least n_fft long.
    """

    window: Tensor

    def __init__(self, n_fft: int, filters: int, compression: float = 1.0) -> None:
        super().__init__()
        self.n_fft, self.compression = n_fft, compression
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        layers = [_conv(2, filters, (3, 9))]
        layers += [
            _conv(filters, filters, (3, 9), stride=(1, 2), dilation=(dilation, 1))
            for dilation in (1, 2, 4)
        ]
        layers += [_conv(filters, filters, (3, 3))]
        self.layers = nn.ModuleList(layers)
        self.head = _conv(filters, 1, (3, 3))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(B, 1, T_x) -> logits (B, 1, frames, bands), and the feature map of each layer."""
        spectrum = torch.stft(
            x[:, 0],
            self.n_fft,
            hop_length=self.n_fft // 4,
            window=self.window,
            center=False,
            return_complex=True,
        )  # (B, n_fft / 2 + 1, frames)
        spectrum = spectrum.transpose(1, 2) / self.window.square().sum().sqrt()
        h = torch.stack([spectrum.real, spectrum.imag], dim=1)  # (B, 2, frames, n_fft / 2 + 1)
        if self.compression < 1:
            power = h.square().sum(1, keepdim=True) + FLOOR**2
            h = h * power ** ((self.compression - 1) / 2)
        features = []
        for layer in self.layers:
            h = F.leaky_relu(layer(h), 0.2)
            features.append(h)
        return self.head(h), features


class Discriminators(nn.Module):
    """One discriminator an STFT size; the logits and the features of all of them.

    Lisboa & Bellec 2024, decoders: those of EnCodec.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            StftDiscriminator(n_fft, config.filters, config.compression) for n_fft in config.n_ffts
        )

    def forward(self, x: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """(B, 1, T_x) -> a tensor of logits a scale, five feature maps a scale."""
        logits, features = zip(*(scale(x) for scale in self.scales), strict=True)
        return list(logits), list(features)


def _conv(
    inputs: int,
    outputs: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> nn.Module:
    padding = (dilation[0] * (kernel[0] // 2), dilation[1] * (kernel[1] // 2))
    return weight_norm(nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation))
