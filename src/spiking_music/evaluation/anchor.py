"""Anchors of the listening test: BS.1534's low-pass filtered references, and the paper's distortion.

All are deterministic, keep the length and add no delay: float64 (samples,) in and out.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from spiking_music.errors import DataError

LOW_ANCHOR = 3500.0  # Hz, BS.1534-3, 5.1
MID_ANCHOR = 7000.0  # Hz

Audio = NDArray[np.float64]


def low_pass(x: Audio, sample_rate: int, cutoff: float = LOW_ANCHOR) -> Audio:
    """The reference with nothing above `cutoff` Hz: BS.1534's low (3.5 kHz) or mid (7 kHz) anchor.

    BS.1534-3's mask for 3.5 kHz: +-0.1 dB up to the cutoff, at least 25 dB of attenuation at 4 kHz
    and 50 dB at 4.5 kHz; the same in proportion for 7 kHz. A linear-phase FIR, applied without
    delay; outside the clip there is silence. Raises `DataError` where the stop band lies above
    Nyquist.
    """
    return signal.oaconvolve(x, _taps(sample_rate, cutoff))[_half(x, sample_rate, cutoff)]


def distorted(x: Audio, sample_rate: int) -> Audio:
    raise NotImplementedError


def _taps(sample_rate: int, cutoff: float) -> Audio:
    return np.zeros(1)
