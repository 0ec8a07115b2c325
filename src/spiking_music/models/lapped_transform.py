"""The modulated lapped transform (MDCT; Princen and Bradley 1986; Malvar 1992): orthonormal."""

import math

import torch
from torch import Tensor, nn

from spiking_music.models.parts import Drawn


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
