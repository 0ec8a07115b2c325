"""ON and OFF units of coefficients, with ladders of grades and of loudness (*ours*)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import LadderConfig
from spiking_music.model.bottleneck.binary import statistics
from spiking_music.model.bottleneck.events import require_events
from spiking_music.model.bottleneck.quantised import Quantised


class Ladder(nn.Module):
    """Coefficients and loudness (B, D + 1 + bands, T) → events z (B, N, T) in {0, 1} → the same,
    rounded.

    Loudness, in steps of 3 dB, is rounded to a level 0..L; y is a coefficient over the rms of that
    level and the bin's step. Rows are D ON units, which fire where y exceeds the first threshold,
    D OFF units (−y), D units for each further grade, which fire where |y| exceeds its threshold,
    L units of loudness: that of the level fires, and none at level 0; and likewise those of each
    band, whose level is that of the mean power of `band_steps` and lasts as long.
    N = (grades + 1)·D + L + bands·levels. Almost all are silent almost always: what is quiet beside
    the loudness says nothing.

    Nothing is learned here, and no gradient passes: the transform before it is fixed.
    """

    grades: Tensor
    thresholds: Tensor
    steps: Tensor

    def __init__(self, config: LadderConfig) -> None:
        super().__init__()
        self.units, self.bins, self.levels = config.rows, config.bins, config.loudness
        self.bands, self.held = config.bands, config.band_steps
        self.band_levels, self.band_step = config.band_levels, config.band_step
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
        """Events (B, N, T) uint8; a band's level holds from the first step on."""
        y, loudness, bands = latent.tensor_split([self.bins, self.bins + 1], dim=1)
        loudness = (loudness + self.levels - 1).round().clamp(0, self.levels)  # (B, 1, T)
        y = y / (self.steps * self._rms(loudness))
        first, above = self.thresholds[0], self.thresholds[1:]
        grades = (y.abs()[:, None] > above).flatten(1, 2)  # (B, (grades − 1)·D, T)
        heard = _one_of(loudness, self.levels)
        bands = _one_of(self._held(bands), self.band_levels)
        return torch.cat([y > first, -y > first, grades, heard, bands], dim=1).to(torch.uint8)

    def decode(self, codes: Tensor) -> Tensor:
        """Coefficients and loudness (B, D + 1 + bands, T) of events (B, N, T), any dtype.

        `CodeError` unless they are 0 or 1. Events that no encoder sends have a meaning as well:
        grades without a sign are nothing, and the highest loudness counts.
        """
        require_events(codes, self.units)
        return self._decode(codes.float())

    def _held(self, bands: Tensor) -> Tensor:
        """Levels (B, bands, T) of powers in steps of 3 dB."""
        steps = bands.shape[2]
        power = F.avg_pool1d(torch.exp2(bands), self.held, ceil_mode=True, count_include_pad=False)
        level = torch.log2(power) / self.band_step + self.band_levels - 1
        level = level.round().clamp(0, self.band_levels)
        return level.repeat_interleave(self.held, dim=2)[..., :steps]

    def _decode(self, z: Tensor) -> Tensor:
        ends = [self.bins, 2 * self.bins, self.units - self.bands * self.band_levels]
        on, off, rest, bands = z.tensor_split(ends, dim=1)
        grades, heard = rest.tensor_split([rest.shape[1] - self.levels], dim=1)
        count = (on + off).clamp(max=1) + grades.unflatten(1, (-1, self.bins)).sum(dim=1)
        loudness = _highest(heard, self.levels)
        y = (on - off) * self.grades[count.long()] * self.steps * self._rms(loudness)
        level = (_highest(bands, self.band_levels) - self.band_levels + 1) * self.band_step
        return torch.cat([y, loudness - self.levels + 1, level], dim=1)

    def _rms(self, level: Tensor) -> Tensor:
        """Full scale = 1 of loudness levels 0..L."""
        return torch.exp2((level - self.levels + 1) / 2)


def _one_of(level: Tensor, levels: int) -> Tensor:
    """Levels 0..`levels` (B, M, T) → (B, M·levels, T), true at each level but 0."""
    units = torch.arange(1, levels + 1, device=level.device)[:, None]
    return (level[:, :, None] == units).flatten(1, 2)


def _highest(z: Tensor, levels: int) -> Tensor:
    """The inverse: (B, M·levels, T) → (B, M, T)."""
    units = torch.arange(1, levels + 1, device=z.device)[:, None]
    return (z.unflatten(1, (-1, levels)) * units).amax(dim=2)
