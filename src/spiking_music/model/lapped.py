"""The lapped backbone (*ours*): a fixed orthogonal transform as encoder, a learned repair after it.

Piano music is sums of slowly decaying partials, and a modulated lapped transform (MDCT; Princen and
Bradley 1986; Malvar 1992) of frames that overlap by half needs few numbers for them, which no
encoder has to learn: at its hop, a partial is two or three of them. Of what lies above, how loud it
is in a few bands says most. What is left to learn is what they do not say, in the decoder: the
partials between the grades, and how bands sound. T·hop samples give T frames and the reverse, at
the ends as well: there nothing overlaps.
"""

import math
from itertools import pairwise

import numpy as np
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
    """Audio (B, 1, T·hop) → coefficients, loudness and bands, (B, bins + 1 + bands, T).

    Loudness log2(power), in steps of 3 dB, is that of `loudness_steps` to either side, 0 for a
    full-scale square wave; that of bands is of the mean square of their coefficients.
    """

    def __init__(self, config: LappedConfig, hop: int) -> None:
        super().__init__()
        self.transform = Lapped(hop, max(config.bins, config.bands[-1]))
        self.bins, self.span, self.bands = config.bins, config.loudness_steps, config.bands

    def forward(self, x: Tensor) -> Tensor:
        power = x.unflatten(2, (-1, self.transform.hop)).square().mean(dim=3)  # (B, 1, T)
        window = 2 * self.span + 1
        mean = F.avg_pool1d(power, window, 1, self.span, count_include_pad=False)
        coefficients = self.transform(x)
        bands = [
            coefficients[:, low:high].square().mean(dim=1, keepdim=True)
            for low, high in pairwise(self.bands)
        ]
        loudness = torch.log2(torch.cat([mean, *bands], dim=1).clamp(min=QUIETEST**2))
        return torch.cat([coefficients[:, : self.bins], loudness], dim=1)


class LappedDecoder(nn.Module):
    """Coefficients, loudness and bands (B, bins + 1 + bands, T) → audio (B, 1, T·hop).

    The inverse transform, and what is learned to be missing from its spectrum: a share of what is
    there, and scale·exp(m)·(a + ib) of what is not, as in `SpectralDecoder`. Before training that
    is next to nothing. It all happens at one loudness, so that soft music is repaired like loud.
    The scale is that loudness on music's typical slope and, where there are bands, theirs: told to
    the network only, and not to its output, they were worth less than half (docs/results.md).
    """

    bands: Tensor
    offset: Tensor

    def __init__(self, config: LappedConfig, hop: int) -> None:
        super().__init__()
        self.transform = Lapped(hop, config.bins)
        self.stft = Stft(config.n_fft, hop)
        self.bins = config.n_fft // 2 + 1
        self.low = min(self.bins, math.ceil(config.bins / hop * self.bins) + 4)  # and a side lobe
        inputs = 3 * self.low + config.latent
        self.trunk = Trunk(inputs, 3 * self.bins + self.low, config)
        with torch.no_grad():
            for parameter in self.trunk.out.parameters():
                parameter.mul_(FAINT)
        bands, offset = _scale(config, hop)
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("offset", offset, persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        low = self.transform.basis.shape[0]
        coefficients, loudness, bands = latent.tensor_split([low, low + 1], dim=1)
        rms = torch.exp2(loudness / 2)
        level, bands = coefficients / rms, bands - loudness
        spectrum = self.stft(self.transform.inverse(level))[:, : self.low]  # (B, low, T)
        said = level.sign() * level.abs().sqrt()
        heard = torch.cat([features(spectrum), said, loudness / 10, bands / 10 + 1], dim=1)
        m, a, b, share = (
            self.trunk(heard)
            .to(latent.dtype)
            .tensor_split([self.bins, 2 * self.bins, 3 * self.bins], dim=1)
        )
        scale = torch.exp2((self.bands @ bands + self.offset) / 2)  # (B, n_fft/2 + 1, T)
        missing = scale * m.clamp(max=MAX_LOG_GAIN).exp() * torch.complex(a, b)
        missing = missing + F.pad(share * spectrum, (0, 0, 0, self.bins - self.low))
        return self.transform.inverse(coefficients) + self.stft.inverse(rms * missing)


def _scale(config: LappedConfig, hop: int) -> tuple[Tensor, Tensor]:
    """The log2 power to expect of a bin of the repair at loudness 0 is matrix @ bands + offset.

    (n_fft/2 + 1, bands) and (n_fft/2 + 1, 1). Bands count from centre to centre, the lowest to the
    lower edge, below which the slope of music from bass to treble takes over.
    """
    places = np.linspace(0, hop, config.n_fft // 2 + 1)
    points = [config.bands[0], *((low + high) / 2 for low, high in pairwise(config.bands))]
    shares = np.stack([np.interp(places, points, row) for row in np.eye(len(points))], axis=1)
    slope = 2 * np.log2(config.n_fft / 20 / (1 + places / hop / 0.03) ** 2)
    noise = math.log2(3 / 8 * config.n_fft)  # the window's energy: what noise of power 1 has
    offset = shares[:, :1] * slope[:, None] + (1 - shares[:, :1]) * noise
    return torch.from_numpy(shares[:, 1:]).float(), torch.from_numpy(offset).float()
