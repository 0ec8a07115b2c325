"""ON and OFF units of coefficients, with a ladder of grades and one of loudness (*ours*)."""

import torch
from torch import Tensor, nn

from spiking_music.config import LadderConfig
from spiking_music.model.bottleneck.binary import statistics
from spiking_music.model.bottleneck.events import require_events
from spiking_music.model.bottleneck.quantised import Quantised


class Ladder(nn.Module):
    """Coefficients and loudness (B, D + 1, T) → events z (B, N, T) in {0, 1} → the same, rounded.

    Loudness, in steps of 3 dB, is rounded to a level 0..L; y is a coefficient over the rms of that
    level and the bin's step. Rows are D ON units, which fire where y exceeds the first threshold,
    D OFF units (−y), D units for each further grade, which fire where |y| exceeds its threshold,
    and L units of loudness: that of the level fires, and none at level 0. N = (grades + 1)·D + L.
    Almost all are silent almost always: what is quiet beside the loudness says nothing.

    Nothing is learned here, and no gradient passes: the transform before it is fixed.
    """

    grades: Tensor
    thresholds: Tensor
    steps: Tensor

    def __init__(self, config: LadderConfig) -> None:
        super().__init__()
        self.units, self.bins, self.levels = config.rows, config.bins, config.loudness
        tilted = (1 + torch.arange(config.bins) / config.knee) ** -config.tilt
        self.register_buffer("steps", config.step * tilted[:, None], persistent=False)  # (D, 1)
        grades = torch.tensor([0.0, *config.grades])
        thresholds = grades[:-1] + config.threshold * grades.diff()
        self.register_buffer("grades", grades, persistent=False)
        self.register_buffer("thresholds", thresholds[:, None, None], persistent=False)

    def forward(self, latent: Tensor) -> Quantised:
        z = self.encode(latent)
        return Quantised(self._decode(z.float()), z, {}, statistics(z))

    def encode(self, latent: Tensor) -> Tensor:
        """Events (B, N, T) uint8."""
        loudness = (latent[:, -1:] + self.levels - 1).round().clamp(0, self.levels)  # (B, 1, T)
        y = latent[:, :-1] / (self.steps * self._rms(loudness))
        first, above = self.thresholds[0], self.thresholds[1:]
        grades = (y.abs()[:, None] > above).flatten(1, 2)  # (B, (grades − 1)·D, T)
        heard = loudness == torch.arange(1, self.levels + 1, device=y.device)[:, None]
        return torch.cat([y > first, -y > first, grades, heard], dim=1).to(torch.uint8)

    def decode(self, codes: Tensor) -> Tensor:
        """Coefficients and loudness (B, D + 1, T) of events (B, N, T), any dtype.

        `CodeError` unless they are 0 or 1. Events that no encoder sends have a meaning as well:
        grades without a sign are nothing, and the highest loudness counts.
        """
        require_events(codes, self.units)
        return self._decode(codes.float())

    def _decode(self, z: Tensor) -> Tensor:
        on, off, grades, heard = z.tensor_split(
            [self.bins, 2 * self.bins, self.units - self.levels], dim=1
        )
        count = (on + off).clamp(max=1) + grades.unflatten(1, (-1, self.bins)).sum(dim=1)
        levels = torch.arange(1, self.levels + 1, device=z.device)[:, None]
        loudness = (heard * levels).amax(dim=1, keepdim=True)
        y = (on - off) * self.grades[count.long()]
        return torch.cat([y * self.steps * self._rms(loudness), loudness - self.levels + 1], dim=1)

    def _rms(self, level: Tensor) -> Tensor:
        """Full scale = 1 of loudness levels 0..L."""
        return torch.exp2((level - self.levels + 1) / 2)
