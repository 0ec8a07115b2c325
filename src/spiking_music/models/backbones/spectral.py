"""The spectral backbone (*ours*): STFT → ConvNeXt blocks at the frame rate → latents, and back.

After vocos (Siuzdak 2023, arXiv 2306.00814): all learned layers run at T steps, so a second of
audio costs a fraction of what a waveform convolution stack does. Frame t is centred on the hop it
stands for, samples t·hop … (t+1)·hop, hence T·hop samples give T frames, and the reverse.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import ConvNeXtConfig, SpectralConfig
from spiking_music.errors import ConfigError
from spiking_music.models.backbones.compression import (
    FLOOR,
    MAGNITUDE_EXPONENT,
    MAX_LOG_GAIN,
    WAVE_EXPONENT,
)
from spiking_music.models.parts import Decoder, Drawn, Encoder, ReceptiveField


class Stft(nn.Module):
    """Short-time Fourier transform and its least-squares inverse, Hann window, lengths exact."""

    drawn = Drawn("STFT")
    window: Tensor

    def __init__(self, n_fft: int, hop: int) -> None:
        super().__init__()
        if n_fft < hop or (n_fft - hop) % 2:
            raise ConfigError(f"n_fft must exceed hop = {hop} by an even number (got {n_fft})")
        self.n_fft, self.hop, self.margin = n_fft, hop, (n_fft - hop) // 2
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    @property
    def overlap(self) -> int:
        """Frames on either side that a window takes in, as it is longer than its hop."""
        return math.ceil(self.margin / self.hop)

    def forward(self, x: Tensor) -> Tensor:
        """Audio (B, 1, T·hop) → complex spectrum (B, n_fft/2 + 1, T)."""
        padded = F.pad(x[:, 0], (self.margin, self.margin))
        frames = padded.unfold(1, self.n_fft, self.hop) * self.window  # (B, T, n_fft)
        return torch.fft.rfft(frames).transpose(1, 2)

    def inverse(self, spectrum: Tensor) -> Tensor:
        """Complex spectrum (B, n_fft/2 + 1, T) → audio (B, 1, T·hop)."""
        frames = torch.fft.irfft(spectrum.transpose(1, 2), n=self.n_fft) * self.window
        square = self.window.square().expand(1, frames.shape[1], -1)
        return self._overlap_add(frames) / self._overlap_add(square)

    def _overlap_add(self, frames: Tensor) -> Tensor:
        """Frames (B, T, n_fft) added at their places → (B, 1, T·hop), margins cut."""
        steps, count = (
            frames.shape[1],
            math.ceil(self.n_fft / self.hop),
        )  # hops a frame reaches over
        hops = F.pad(frames, (0, count * self.hop - self.n_fft)).unflatten(2, (count, self.hop))
        added = frames.new_zeros(len(frames), steps + count - 1, self.hop)
        for i in range(count):  # the sums of F.fold, in an eighteenth of its time
            added[:, i : i + steps] += hops[:, :, i]
        return added.flatten(1)[:, None, self.margin : self.margin + steps * self.hop]


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution over time, then a perceptron on every step; keeps (B, width, T)."""

    drawn = Drawn("ConvNeXt block")

    def __init__(self, width: int, kernel: int, expansion: int, scale: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, expansion * width)
        self.contract = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).transpose(1, 2))  # (B, T, width)
        y = self.scale * self.contract(F.gelu(self.expand(y)))
        return x + y.transpose(1, 2)


class ConvNeXtBackbone(nn.Module):
    """inputs → ConvNeXt blocks at `width` → outputs, all (B, channels, T)."""

    drawn = Drawn("backbone", composite=True)

    def __init__(self, inputs: int, outputs: int, config: ConvNeXtConfig) -> None:
        super().__init__()
        self.in_proj = nn.Conv1d(inputs, config.width, 1)
        self.norm_in = nn.LayerNorm(config.width)
        self.blocks = nn.Sequential(
            *(
                ConvNeXtBlock(config.width, config.kernel, config.expansion, 1 / config.depth)
                for _ in range(config.depth)
            )
        )
        self.norm_out = nn.LayerNorm(config.width)
        self.out_proj = nn.Linear(config.width, outputs)
        self.reach = config.depth * (config.kernel // 2)  # frames on either side

    def forward(self, x: Tensor, shifts: Tensor | None = None) -> Tensor:
        """shifts: (B, depth · width, 1), added to the inputs of the blocks, if any."""
        x = self.norm_in(self.in_proj(x).transpose(1, 2)).transpose(1, 2)
        if shifts is None:
            x = self.blocks(x)
        else:
            for block, shift in zip(self.blocks, shifts.chunk(len(self.blocks), 1), strict=True):
                x = block(x + shift)
        return self.out_proj(self.norm_out(x.transpose(1, 2))).transpose(1, 2)


class SpectralEncoder(Encoder):
    """Audio (B, 1, T·hop) → latents (B, latent, T).

    Spectral backbone (STFT, ConvNeXt blocks, inverse STFT) (*ours*).
    """

    drawn = Drawn("encoder", composite=True)

    def __init__(self, config: SpectralConfig, hop: int) -> None:
        super().__init__()
        self.stft = Stft(config.n_fft, hop)
        self.backbone = ConvNeXtBackbone(3 * (config.n_fft // 2 + 1), config.latent, config)

    def forward(self, x: Tensor) -> Tensor:
        return self.backbone(features(self.stft(x)))

    @property
    def receptive_field(self) -> ReceptiveField:
        return ReceptiveField(self.stft.overlap + self.backbone.reach)


class SpectralDecoder(Decoder):
    """Latents (B, latent, T) → audio (B, 1, T·hop).

    The head predicts slope·exp(m)·(a + ib): the slope is music's typical fall from bass to treble,
    so that learning starts near the right loudness, m spans the dynamic range, and a + ib carries
    the phase, free to shrink where the phase cannot be known.

    Spectral backbone (STFT, ConvNeXt blocks, inverse STFT) (*ours*).
    """

    drawn = Drawn("inverse STFT", composite=True)
    slope: Tensor

    def __init__(self, config: SpectralConfig, hop: int) -> None:
        super().__init__()
        self.stft = Stft(config.n_fft, hop)
        bins = config.n_fft // 2 + 1
        self.backbone = ConvNeXtBackbone(config.latent, 3 * bins, config)
        frequency = torch.linspace(0, 1, bins)[:, None]  # in units of the Nyquist frequency
        slope = config.n_fft / 400 / (1 + frequency / 0.03).square()
        self.register_buffer("slope", slope, persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        m, a, b = self.backbone(latent).float().chunk(3, dim=1)  # (B, n_fft/2 + 1, T)
        magnitude = self.slope * m.clamp(max=MAX_LOG_GAIN).exp()
        return self.stft.inverse(magnitude * torch.complex(a, b))

    @property
    def receptive_field(self) -> ReceptiveField:
        return ReceptiveField(self.backbone.reach + self.stft.overlap)


def features(spectrum: Tensor) -> Tensor:
    """Complex (B, F, T) → (B, 3F, T): compressed magnitude; compressed real and imaginary part."""
    magnitude = spectrum.abs() + FLOOR
    wave = spectrum * magnitude ** (WAVE_EXPONENT - 1)
    return torch.cat([magnitude**MAGNITUDE_EXPONENT, wave.real, wave.imag], dim=1)
