"""The dead-zone quantiser of `mdct.quantizer` and its step sizes by level, in numpy."""

import numpy as np
from numpy.typing import NDArray

from spiking_music.config import DeadzoneConfig

Floats = NDArray[np.float32]
Events = NDArray[np.uint8]


class Deadzone:
    """Coefficients, frame gain and envelope (T, D + 1 + bands) ↔ events (N, T) in {0, 1}.

    `finer` is what coefficients are multiplied by before they are quantised, and divided by after:
    the step size of a level μ.
    """

    def __init__(self, config: DeadzoneConfig) -> None:
        self._config = config
        weighting = (1 + np.arange(config.bins) / config.weighting_knee) ** -config.weighting
        self.step_sizes = (config.step_size * weighting).astype(np.float32)
        levels = np.array([0.0, *config.levels], np.float32)
        self.levels = levels
        self.thresholds = levels[:-1] + np.float32(config.threshold) * np.diff(levels)

    def encode(self, latent: Floats, finer: float) -> Events:
        """Events (N, T); a level of the envelope holds from the first frame on."""
        config, steps = self._config, len(latent)
        z = np.empty((config.rows, steps), np.bool_)
        gain = self.gains(latent)
        y = np.ascontiguousarray(self.in_steps(latent, gain, finer).T)  # (D, T)
        bins = z[: len(self.levels) * config.bins].reshape(-1, *y.shape)
        np.greater(y, self.thresholds[0], out=bins[0])
        np.greater(-y, self.thresholds[0], out=bins[1])
        np.abs(y, out=y)
        for above, unit in zip(self.thresholds[1:], bins[2:], strict=True):
            np.greater(y, above, out=unit)
        rest = z[len(self.levels) * config.bins :]
        rest[: config.gain_levels] = _one_of(gain[:, None], config.gain_levels)
        envelope = self._held(latent[:, config.bins + 1 :])
        rest[config.gain_levels :] = _one_of(envelope, config.envelope_levels)
        return z.view(np.uint8)

    def gains(self, latent: Floats) -> Floats:
        """Levels of the frame gain, (T,)."""
        config = self._config
        gain = np.rint(latent[:, config.bins] + (config.gain_levels - 1))
        return gain.clip(0, config.gain_levels)

    def in_steps(self, latent: Floats, gain: Floats, finer: float) -> Floats:
        """Coefficients in steps at levels (T,) of the frame gain, (T, D)."""
        y: Floats = latent[:, : self._config.bins] * np.float32(finer)
        y /= self.step_sizes * self._rms(gain)
        return y

    def decode(self, z: Events, finer: float) -> Floats:
        """Coefficients, gain and envelope (T, D + 1 + bands) of events (N, T), whatever they say:
        levels without a sign are nothing, and the highest gain counts.
        """
        config = self._config
        bins = z[: len(self.levels) * config.bins].reshape(-1, config.bins, z.shape[1])
        rest = z[len(self.levels) * config.bins :]
        sign = bins[0].astype(np.int8) - bins[1].astype(np.int8)
        count = np.add.reduce(bins[2:], axis=0, dtype=np.uint8)  # fewer than 255 levels
        count += bins[0] | bins[1]
        gain = _highest(rest[: config.gain_levels], config.gain_levels)  # (T, 1)
        y = (sign * self.levels.take(count)).T * (self.step_sizes / np.float32(finer))
        y *= self._rms(gain[:, 0])
        level = _highest(rest[config.gain_levels :], config.envelope_levels)
        envelope = (level - np.float32(config.envelope_levels - 1)) * np.float32(
            config.envelope_step
        )
        return np.concatenate([y, gain - np.float32(config.gain_levels - 1), envelope], axis=1)

    def _held(self, bands: Floats) -> Floats:
        """Levels (T, bands) of powers in units of 3 dB."""
        config, steps = self._config, len(bands)
        starts = np.arange(0, steps, config.envelope_frames)
        sums = np.add.reduceat(np.exp2(bands), starts, axis=0)
        counts = np.diff(starts, append=steps).astype(np.float32)[:, None]
        level = np.log2(sums / counts) / np.float32(config.envelope_step)
        highest = np.float32(config.envelope_levels)
        rounded: NDArray = np.rint(level + (highest - 1)).clip(0, highest)
        return rounded.repeat(config.envelope_frames, axis=0)[:steps]

    def _rms(self, gain: Floats) -> Floats:
        """Full scale = 1 of gain levels 0..L, (T,) → (T, 1)."""
        half = np.float32(0.5)
        return np.exp2((gain - np.float32(self._config.gain_levels - 1)) * half)[:, None]


def _one_of(level: Floats, levels: int) -> NDArray[np.bool_]:
    """Levels 0..`levels` (T, M) → (M·levels, T), true at each level but 0."""
    units = np.arange(1, levels + 1, dtype=np.float32)[:, None]
    return (level.T[:, None] == units).reshape(-1, len(level))


def _highest(z: Events, levels: int) -> Floats:
    """The inverse: (M·levels, T) → (T, M)."""
    units = np.arange(1, levels + 1, dtype=np.float32)[:, None]
    return (z.reshape(-1, levels, z.shape[1]) * units).max(axis=1).T
