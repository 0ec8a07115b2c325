"""Equal loudness of all that is compared: ITU-R BS.1770, measured by pyloudnorm."""

import warnings
from collections.abc import Sequence

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

Audio = NDArray[np.float32]  # (samples,), mono, full scale = 1


def loudness(audio: Audio, sample_rate: int) -> float:
    """Integrated, gated loudness in LUFS; -inf for silence. At least 0.4 s of `audio`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of means over no block: all gated
        value = pyloudnorm.Meter(sample_rate).integrated_loudness(audio.astype(np.float64))
    return float(value) if np.isfinite(value) else -np.inf


def matched(
    sounds: Sequence[Audio], sample_rate: int, target_lufs: float, peak_dbfs: float
) -> list[Audio]:
    """`sounds`, the reference first, at `target_lufs` each, none with a peak above `peak_dbfs`.

    Where one would exceed it, all go down together, so that they stay equally loud. What has no
    loudness (silence) is given the reference's gain.
    """
    levels = np.array([loudness(sound, sample_rate) for sound in sounds])
    gains = 10 ** ((target_lufs - np.where(np.isfinite(levels), levels, levels[0])) / 20)
    scaled = [gain * sound.astype(np.float64) for gain, sound in zip(gains, sounds, strict=True)]
    peak = max(float(np.abs(sound).max()) for sound in scaled)
    room = min(1.0, 10 ** (peak_dbfs / 20) / peak)
    return [(room * sound).astype(np.float32) for sound in scaled]
