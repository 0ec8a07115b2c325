"""The dead-zone quantiser of the MDCT codec (*ours*), whose levels are a thermometer code."""

import torch
import torch.nn.functional as F
from torch import Tensor

from spiking_music.config import DeadzoneConfig
from spiking_music.models.checks import require_events
from spiking_music.models.parts import FRAMEWISE, Drawn
from spiking_music.models.quantizers.base import (
    Quantised,
    Quantizer,
    event_statistics,
)


class Deadzone(Quantizer):
    """Coefficients, frame gain and envelope (B, D + 1 + bands, T) → events z (B, N, T) in {0, 1} →
    the same, rounded.

    The frame gain, in units of 3 dB, is rounded to a level 0..L; y is a coefficient over the rms of
    that level and the bin's step size. Rows are D ON units, which fire where y exceeds the first
    threshold, D OFF units (−y), D units for each further quantiser level, which fire where |y|
    exceeds its threshold, L units of the frame gain: that of the level fires, and none at level 0;
    and likewise those of each band of the envelope, whose level is that of the mean power of
    `alignment` frames and lasts as long. N = (levels + 1)·D + L + bands·envelope levels.
    Almost all are silent almost always.

    Nothing is learned here, and no gradient passes: the filter bank before it is fixed.
    """

    drawn = Drawn("dead-zone quantiser")
    receptive_field = FRAMEWISE  # but for its alignment
    levels: Tensor
    thresholds: Tensor
    step_sizes: Tensor

    def __init__(self, config: DeadzoneConfig, width: int) -> None:
        """width: channels of the latents, which the configuration implies."""
        super().__init__()
        self.units, self.bins, self.gain_levels = config.rows, config.bins, config.gain_levels
        self.bands, self.alignment = config.envelope_bands, config.envelope_frames
        self.envelope_levels, self.envelope_step = config.envelope_levels, config.envelope_step
        weighting = (1 + torch.arange(config.bins) / config.weighting_knee) ** -config.weighting
        step_sizes = config.step_size * weighting[:, None]  # (D, 1)
        self.register_buffer("step_sizes", step_sizes, persistent=False)
        levels = torch.tensor([0.0, *config.levels])
        thresholds = levels[:-1] + config.threshold * levels.diff()
        self.register_buffer("levels", levels, persistent=False)
        self.register_buffer("thresholds", thresholds[:, None, None], persistent=False)

    def forward(self, latent: Tensor) -> Quantised:
        z = self.encode(latent)
        return Quantised(self._decode(z.float()), z, {}, event_statistics(z))

    def encode(self, latent: Tensor) -> Tensor:
        """Events (B, N, T) uint8; a level of the envelope holds from the first frame on."""
        y, gain, bands = latent.tensor_split([self.bins, self.bins + 1], dim=1)
        gain = (gain + self.gain_levels - 1).round().clamp(0, self.gain_levels)  # (B, 1, T)
        y = y / (self.step_sizes * self._rms(gain))
        first, above = self.thresholds[0], self.thresholds[1:]
        further = (y.abs()[:, None] > above).flatten(1, 2)  # (B, (levels − 1)·D, T)
        gain_units = _one_of(gain, self.gain_levels)
        envelope = _one_of(self._held(bands), self.envelope_levels)
        units = [y > first, -y > first, further, gain_units, envelope]
        return torch.cat(units, dim=1).to(torch.uint8)

    def decode(self, codes: Tensor) -> Tensor:
        """Coefficients, gain and envelope (B, D + 1 + bands, T) of events (B, N, T), any dtype.

        `CodeError` unless they are 0 or 1. Events that no encoder sends have a meaning as well:
        levels without a sign are nothing, and the highest gain counts.
        """
        require_events(codes, self.units)
        return self._decode(codes.float())

    def _held(self, bands: Tensor) -> Tensor:
        """Levels (B, bands, T) of powers in units of 3 dB."""
        frames, held = bands.shape[2], self.alignment
        power = F.avg_pool1d(torch.exp2(bands), held, ceil_mode=True, count_include_pad=False)
        level = torch.log2(power) / self.envelope_step + self.envelope_levels - 1
        level = level.round().clamp(0, self.envelope_levels)
        return level.repeat_interleave(held, dim=2)[..., :frames]

    def _decode(self, z: Tensor) -> Tensor:
        ends = [self.bins, 2 * self.bins, self.units - self.bands * self.envelope_levels]
        on, off, rest, bands = z.tensor_split(ends, dim=1)
        further, gain_units = rest.tensor_split([rest.shape[1] - self.gain_levels], dim=1)
        count = (on + off).clamp(max=1) + further.unflatten(1, (-1, self.bins)).sum(dim=1)
        gain = _highest(gain_units, self.gain_levels)
        y = (on - off) * self.levels[count.long()] * self.step_sizes * self._rms(gain)
        level = _highest(bands, self.envelope_levels) - self.envelope_levels + 1
        return torch.cat([y, gain - self.gain_levels + 1, level * self.envelope_step], dim=1)

    def _rms(self, gain: Tensor) -> Tensor:
        """Full scale = 1 of gain levels 0..L."""
        return torch.exp2((gain - self.gain_levels + 1) / 2)


def _one_of(level: Tensor, levels: int) -> Tensor:
    """Levels 0..`levels` (B, M, T) → (B, M·levels, T), true at each level but 0."""
    units = torch.arange(1, levels + 1, device=level.device)[:, None]
    return (level[:, :, None] == units).flatten(1, 2)


def _highest(z: Tensor, levels: int) -> Tensor:
    """The inverse: (B, M·levels, T) → (B, M, T)."""
    units = torch.arange(1, levels + 1, device=z.device)[:, None]
    return (z.unflatten(1, (-1, levels)) * units).amax(dim=2)
