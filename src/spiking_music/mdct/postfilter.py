"""The decoder of the MDCT codec (*ours*): the inverse filter bank and a learned post-filter.

What is left to learn is what the codes do not say: partials between quantiser levels, and how the
bands of the envelope sound.
"""

import math
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from spiking_music.config import MdctConfig
from spiking_music.models.backbones.spectral import (
    MAX_LOG_GAIN,
    ConvNeXtBackbone,
    Stft,
    features,
)
from spiking_music.models.lapped_transform import Mdct
from spiking_music.models.parts import Decoder, Drawn, ReceptiveField

FAINT = 0.01  # of the usual first weights of the post-filter's last layer


class MdctDecoder(Decoder):
    """Coefficients, frame gain and envelope (B, bins + 1 + bands, T) → audio (B, 1, T·hop).

    The inverse transform, and what is learned to be missing from its spectrum: a share of what is
    there, and scale·exp(m)·(a + ib) of what is not, as in `SpectralDecoder`. Before training that
    is next to nothing. It all happens at one frame gain, so that soft music is filtered like loud.
    The scale is that gain on music's typical slope and, where there are bands, the envelope: told
    to the network only, and not to its output, it was worth less than half (docs/results.md).
    """

    drawn = Drawn("inverse MDCT, post-filter")
    bands: Tensor
    offset: Tensor

    def __init__(self, config: MdctConfig, hop: int) -> None:
        super().__init__()
        self.transform = Mdct(hop, config.bins)
        self.stft = Stft(config.n_fft, hop)
        self.bins = config.n_fft // 2 + 1
        self.low = min(self.bins, math.ceil(config.bins / hop * self.bins) + 4)  # and a side lobe
        inputs = 3 * self.low + config.latent
        self.backbone = ConvNeXtBackbone(inputs, 3 * self.bins + self.low, config)
        with torch.no_grad():
            for parameter in self.backbone.out_proj.parameters():
                parameter.mul_(FAINT)
        bands, offset = _scale(config, hop)
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("offset", offset, persistent=False)

    def forward(self, latent: Tensor) -> Tensor:
        low = self.transform.basis.shape[0]
        coefficients, gain, bands = latent.tensor_split([low, low + 1], dim=1)
        rms = torch.exp2(gain / 2)
        level, bands = coefficients / rms, bands - gain
        spectrum = self.stft(self.transform.inverse(level))[:, : self.low]  # (B, low, T)
        compressed = level.sign() * level.abs().sqrt()
        inputs = torch.cat([features(spectrum), compressed, gain / 10, bands / 10 + 1], dim=1)
        m, a, b, share = (
            self.backbone(inputs)
            .to(latent.dtype)
            .tensor_split([self.bins, 2 * self.bins, 3 * self.bins], dim=1)
        )
        scale = torch.exp2((self.bands @ bands + self.offset) / 2)  # (B, n_fft/2 + 1, T)
        missing = scale * m.clamp(max=MAX_LOG_GAIN).exp() * torch.complex(a, b)
        missing = missing + F.pad(share * spectrum, (0, 0, 0, self.bins - self.low))
        return self.transform.inverse(coefficients) + self.stft.inverse(rms * missing)

    @property
    def receptive_field(self) -> ReceptiveField:
        """Of the post-filter, which sees frames of `stft` of what the inverse transform gives."""
        inverse = math.ceil(self.stft.n_fft / 2 / self.stft.hop)  # frames, and half a frame more
        return ReceptiveField(self.backbone.reach + self.stft.overlap + inverse)


def _scale(config: MdctConfig, hop: int) -> tuple[Tensor, Tensor]:
    """The log2 power to expect of a bin at frame gain 0 is matrix @ bands + offset.

    (n_fft/2 + 1, bands) and (n_fft/2 + 1, 1). Bands count from centre to centre, the lowest to the
    lower edge, below which the slope of music from bass to treble takes over.
    """
    places = np.linspace(0, hop, config.n_fft // 2 + 1)
    points = [
        config.envelope_edges[0],
        *((low + high) / 2 for low, high in pairwise(config.envelope_edges)),
    ]
    shares = np.stack([np.interp(places, points, row) for row in np.eye(len(points))], axis=1)
    slope = 2 * np.log2(config.n_fft / 20 / (1 + places / hop / 0.03) ** 2)
    noise = math.log2(3 / 8 * config.n_fft)  # the window's energy: what noise of power 1 has
    offset = shares[:, :1] * slope[:, None] + (1 - shares[:, :1]) * noise
    return torch.from_numpy(shares[:, 1:]).float(), torch.from_numpy(offset).float()
