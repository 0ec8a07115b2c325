"""The decoder of the MDCT codec (*ours*): the inverse filter bank and a learned post-filter.

What is left to learn is what the codes do not say: partials between quantiser levels, and how the
bands of the envelope sound.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from spiking_music.config import MdctConfig
from spiking_music.mdct.prior import decoder_reach, expected_power, low_bins
from spiking_music.models.backbones.compression import MAX_LOG_GAIN
from spiking_music.models.backbones.spectral import ConvNeXtBackbone, Stft, features
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
        self.low = low_bins(config, hop)
        self._reach = decoder_reach(config, hop)
        inputs = 3 * self.low + config.latent
        self.backbone = ConvNeXtBackbone(inputs, 3 * self.bins + self.low, config)
        with torch.no_grad():
            for parameter in self.backbone.out_proj.parameters():
                parameter.mul_(FAINT)
        bands, offset = map(torch.from_numpy, expected_power(config, hop))
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
        return ReceptiveField(self._reach)
