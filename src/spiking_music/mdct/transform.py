"""The filter bank of the MDCT codec (*ours*): nothing in it is learned.

Piano music is sums of slowly decaying partials, and a modulated lapped transform (MDCT; Princen and
Bradley 1986; Malvar 1992) of frames that overlap by half needs few numbers for them: at its hop, a
partial is two or three of them. It is orthonormal, so the quantisation error of coefficients equals
the error of the waveform. Above the coded bins, a spectral envelope of a few bands says most.
T·hop samples give T frames and the reverse, at the ends as well: there nothing overlaps.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from spiking_music.config import MdctConfig
from spiking_music.mdct.prior import QUIETEST, encoder_reach
from spiking_music.models.lapped_transform import Mdct
from spiking_music.models.parts import Drawn, Encoder, ReceptiveField


class MdctEncoder(Encoder):
    """Audio (B, 1, T·hop) → coefficients, frame gain and envelope, (B, bins + 1 + bands, T).

    The frame gain log2(power), in units of 3 dB, is that of `gain_frames` to either side, 0 for a
    full-scale square wave; the envelope is that of the mean square of its bands' coefficients.
    """

    drawn = Drawn("MDCT, frame gain")

    def __init__(self, config: MdctConfig, hop: int) -> None:
        super().__init__()
        self.transform = Mdct(hop, max(config.bins, config.envelope_edges[-1]))
        self.bins, self.span, self.edges = config.bins, config.gain_frames, config.envelope_edges
        self._reach = encoder_reach(config)

    def forward(self, x: Tensor) -> Tensor:
        power = x.unflatten(2, (-1, self.transform.hop)).square().mean(dim=3)  # (B, 1, T)
        window = 2 * self.span + 1
        mean = F.avg_pool1d(power, window, 1, self.span, count_include_pad=False)
        coefficients = self.transform(x)
        envelope = [
            coefficients[:, low:high].square().mean(dim=1, keepdim=True)
            for low, high in pairwise(self.edges)
        ]
        gains = torch.log2(torch.cat([mean, *envelope], dim=1).clamp(min=QUIETEST**2))
        return torch.cat([coefficients[:, : self.bins], gains], dim=1)

    @property
    def receptive_field(self) -> ReceptiveField:
        """Of the frame gain, and of the overlap of frames."""
        return ReceptiveField(self._reach)
