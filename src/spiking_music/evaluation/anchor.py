"""Anchors of the listening test: BS.1534's low-pass filtered references and a hand-made distortion.

All are deterministic, keep the length and add no delay; mono, float64 (samples,) in and out.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import DataError

LOW_ANCHOR = 3500.0  # Hz, the cutoffs of ITU-R BS.1534-3
MID_ANCHOR = 7000.0

STOP_BAND = 8 / 7  # where the stop band begins, in cutoffs: 4 kHz for 3.5 kHz
ATTENUATION = 60.0  # dB in the stop band

TREMOLO_RATE = 7.0  # Hz
TREMOLO_DEPTH = 0.8
QUANTISER_STEPS = 2  # on either side of zero
MU = 255.0

Audio = NDArray[np.float64]


def low_pass(x: Audio, sample_rate: int, cutoff: float = LOW_ANCHOR) -> Audio:
    """The reference without what lies above `cutoff` Hz: BS.1534's low or mid anchor.

    The mask of BS.1534-3 for 3.5 kHz: within 0.1 dB up to 3.5 kHz, at least 25 dB down at 4 kHz,
    50 dB at 4.5 kHz; for 7 kHz the same in proportion. A linear-phase FIR without delay, which
    takes the audio for silent outside the clip. Raises `DataError` where the stop band would
    begin above half the sample rate.
    """
    from scipy import signal  # here: a second to import, and `evaluate` needs no anchor

    if cutoff * STOP_BAND >= sample_rate / 2:
        raise DataError(
            f"a low-pass at {cutoff:g} Hz does not fit {sample_rate} Hz audio: "
            f"resample to more than {2 * cutoff * STOP_BAND:g} Hz"
        )
    width = cutoff * (STOP_BAND - 1)  # of the transition band in Hz
    order, beta = signal.kaiserord(ATTENUATION, 2 * width / sample_rate)
    taps = signal.firwin(order | 1, cutoff + width / 2, window=("kaiser", beta), fs=sample_rate)
    delay = len(taps) // 2
    return np.asarray(signal.oaconvolve(x, taps)[delay : delay + len(x)])


def distorted(x: Audio, sample_rate: int) -> Audio:
    """The paper's anchor: the reference distorted by hand, so that all rate it lowest.

    Lisboa & Bellec 2024, MUSHRA; how it is distorted is *ours*.
    Low-pass at 3.5 kHz, a tremolo of 7 Hz that takes away up to 80 % of the amplitude, then
    quantisation to five mu-law levels of the clip's peak, whose noise is left unfiltered. The
    clip gets back the reference's RMS, so that loudness gives nothing away; silence stays silence.
    """
    y = low_pass(x, sample_rate)
    time = np.arange(len(x)) / sample_rate  # s
    y = y * (1 - TREMOLO_DEPTH * (0.5 - 0.5 * np.cos(2 * np.pi * TREMOLO_RATE * time)))
    peak = np.abs(y).max(initial=0.0)
    if peak == 0:
        return np.zeros_like(x)
    compressed = np.log1p(MU * np.abs(y) / peak) / np.log1p(MU)  # 0 .. 1
    steps = np.round(compressed * QUANTISER_STEPS) / QUANTISER_STEPS
    y = np.sign(y) * np.expm1(steps * np.log1p(MU)) / MU
    return y * np.sqrt(np.mean(x**2) / np.mean(y**2))


ANCHORS: dict[str, Callable[[Audio, int], Audio]] = {  # systems that need no training
    "anchor": distorted,
    "lowpass-3500": partial(low_pass, cutoff=LOW_ANCHOR),
    "lowpass-7000": partial(low_pass, cutoff=MID_ANCHOR),
}
