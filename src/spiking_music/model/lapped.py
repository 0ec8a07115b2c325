"""The lapped backbone (*ours*): a fixed orthogonal transform as encoder, a learned repair after it.

Piano music is sums of slowly decaying partials, and a modulated lapped transform (MDCT; Princen and
Bradley 1986; Malvar 1992) of frames that overlap by half needs few numbers for them, which no
encoder has to learn: at its hop, a partial is two or three of them. What is left to learn is what
they do not say, in the decoder: the partials between the grades, and all above the bins that are
sent. T·hop samples give T frames and the reverse, at the ends as well: there nothing overlaps.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import LappedConfig
from spiking_music.model.spectral import MAX_LOG_GAIN, Stft, Trunk, features

FAINT = 0.01  # of the usual first weights of the repair's last layer
QUIETEST = 1e-9  # root mean square below which loudness is not told apart


class Lapped(nn.Module):
    """Audio (B, 1, T·hop) ↔ the lowest `bins` of hop coefficients a frame, (B, bins, T).

    An orthonormal transform: with all coefficients the inverse is exact, and squares add up to the
    same. Each boundary between two frames is rotated (the sine window of 2·hop samples, folded),
    then each frame goes through a DCT-IV.
    """

    cosine: Tensor
    sine: Tensor
    basis: Tensor

    def __init__(self, hop: int, bins: int) -> None:
        super().__init__()
        self.hop, self.overlap = hop, hop // 2
        angle = (
            math.pi
            / (2 * hop)
            * (self.overlap + torch.arange(self.overlap, dtype=torch.float64) + 0.5)
        )
        self.register_buffer("cosine", angle.cos().float(), persistent=False)
        self.register_buffer("sine", angle.sin().float(), persistent=False)
        places = torch.arange(hop, dtype=torch.float64) + 0.5
        basis = torch.cos(math.pi / hop * places[:bins, None] * places) * math.sqrt(2 / hop)
        self.register_buffer("basis", basis.float(), persistent=False)  # (bins, hop)

    def forward(self, x: Tensor) -> Tensor:
        """Coefficients (B, bins, T) of audio (B, 1, T·hop)."""
        frames = x[:, 0].unflatten(1, (-1, self.hop))  # (B, T, hop)
        with torch.autocast(x.device.type, enabled=False):  # 8 bits are too few for a waveform
            return (self._rotated(frames, self.cosine) @ self.basis.T).transpose(1, 2)

    def inverse(self, coefficients: Tensor) -> Tensor:
        """Audio (B, 1, T·hop) of coefficients (B, bins, T)."""
        with torch.autocast(coefficients.device.type, enabled=False):
            frames = coefficients.transpose(1, 2) @ self.basis
        return self._rotated(frames, -self.cosine).flatten(1)[:, None]

    def _rotated(self, frames: Tensor, cosine: Tensor) -> Tensor:
        """Frames (B, T, hop) whose boundaries are rotated forth, or back with −cosine."""
        after = frames[:, 1:, : self.overlap]  # outwards from the boundary
        before = frames[:, :-1, self.overlap :].flip(-1)
        begins = self.sine * after + cosine * before
        ends = self.sine * before - cosine * after
        heads = torch.cat([frames[:, :1, : self.overlap], begins], dim=1)
        tails = torch.cat([ends.flip(-1), frames[:, -1:, self.overlap :]], dim=1)
        return torch.cat([heads, tails], dim=2)


class LappedEncoder(nn.Module):
    """Audio (B, 1, T·hop) → coefficients and, last, loudness in steps of 3 dB: (B, bins + 1, T).

    Loudness 2·log2(rms) is that of `loudness_steps` to either side, 0 for a full-scale square wave.
    """

    def __init__(self, config: LappedConfig, hop: int) -> None:
        super().__init__()
        self.transform = Lapped(hop, config.bins)
        self.span = config.loudness_steps

    def forward(self, x: Tensor) -> Tensor:
        power = x.unflatten(2, (-1, self.transform.hop)).square().mean(dim=3)  # (B, 1, T)
        window = 2 * self.span + 1
        mean = F.avg_pool1d(power, window, 1, self.span, count_include_pad=False)
        loudness = torch.log2(mean.clamp(min=QUIETEST**2))
        return torch.cat([self.transform(x), loudness], dim=1)


class LappedDecoder(nn.Module):
    """Coefficients and loudness (B, bins + 1, T) → audio (B, 1, T·hop).

    The inverse transform, and what is learned to be missing from its spectrum: a share of what is
    there, and slope·exp(m)·(a + ib) of what is not, as in `SpectralDecoder`. Before training that
    is next to nothing. It all happens at one loudness, so that soft music is repaired like loud.
    """

    slope: Tensor

    def __init__(self, config: LappedConfig, hop: int) -> None:
        super().__init__()
        self.transform = Lapped(hop, config.bins)
        self.stft = Stft(config.n_fft, hop)
        self.bins = config.n_fft // 2 + 1
        self.low = min(self.bins, math.ceil(config.bins / hop * self.bins) + 4)  # and a side lobe
        inputs = 3 * self.low + config.bins + 1
        self.trunk = Trunk(inputs, 3 * self.bins + self.low, config)
        with torch.no_grad():
            for parameter in self.trunk.out.parameters():
                parameter.mul_(FAINT)
        frequency = torch.linspace(0, 1, self.bins)[:, None]  # in units of the Nyquist frequency
        slope = config.n_fft / 20 / (1 + frequency / 0.03).square()
        self.register_buffer("slope", slope, persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        coefficients, loudness = latent[:, :-1], latent[:, -1:]
        rms = torch.exp2(loudness / 2)
        level = coefficients / rms
        spectrum = self.stft(self.transform.inverse(level))[:, : self.low]  # (B, low, T)
        said = level.sign() * level.abs().sqrt()
        heard = torch.cat([features(spectrum), said, loudness / 10], dim=1)
        m, a, b, share = (
            self.trunk(heard)
            .to(latent.dtype)
            .tensor_split([self.bins, 2 * self.bins, 3 * self.bins], dim=1)
        )
        missing = self.slope * m.clamp(max=MAX_LOG_GAIN).exp() * torch.complex(a, b)
        missing = missing + F.pad(share * spectrum, (0, 0, 0, self.bins - self.low))
        return self.transform.inverse(coefficients) + self.stft.inverse(rms * missing)
