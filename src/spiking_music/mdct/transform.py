"""The filter bank of the MDCT codec (*ours*): nothing in it is learned.

Piano music is sums of slowly decaying partials, and a modulated lapped transform (MDCT; Princen and
Bradley 1986; Malvar 1992) of frames that overlap by half needs few numbers for them: at its hop, a
partial is two or three of them. It is orthonormal, so the quantisation error of coefficients equals
the error of the waveform. Above the coded bins, a spectral envelope of a few bands says most.
T·hop samples give T frames and the reverse, at the ends as well: there nothing overlaps.
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import MdctConfig
from spiking_music.models.parts import Drawn, Encoder, ReceptiveField

QUIETEST = 1e-9  # root mean square below which levels are not told apart


class Mdct(nn.Module):
    """Audio (B, 1, T·hop) ↔ the lowest `bins` of hop coefficients a frame, (B, bins, T).

    An orthonormal transform: with all coefficients the inverse is exact, and squares add up to the
    same. Each boundary between two frames is rotated (the sine window of 2·hop samples, folded),
    then each frame goes through a DCT-IV.
    """

    drawn = Drawn("")  # a part of what is named
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
        return ReceptiveField(max(1, self.span))
