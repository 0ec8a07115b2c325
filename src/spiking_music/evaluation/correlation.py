"""Event–note cross-correlation and how far its peak stands out (SPEC 6, figure 5)."""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from spiking_music.evaluation.pairs import Pairs

BATCH = 32  # clips


def correlate(pairs: Pairs, max_lag: int) -> NDArray[np.float64]:
    """C^{iα}(τ) = ⟨Σ_t z^i_t n^α_{t+τ}⟩ over clips: (N, P, 2L + 1), lags −L .. L = `max_lag`.

    A positive lag means that the event came before the note. Sums run within each clip, beyond
    which both are zero. One product of spectra (N × clips by clips × P) at each frequency serves
    all lags; counts are whole numbers and come out exact.
    """
    size = scipy.fft.next_fast_len(pairs.steps + max_lag, real=True)  # no wrap-around up to L
    spectrum = np.zeros((size // 2 + 1, pairs.units, pairs.notes), dtype=np.complex128)
    for codes, onsets in pairs.batches(BATCH):
        events = scipy.fft.rfft(codes.astype(np.float64), size)  # (B, N, F)
        notes = scipy.fft.rfft(onsets.astype(np.float64), size)  # (B, P, F)
        spectrum += events.conj().transpose(2, 1, 0) @ notes.transpose(2, 0, 1)  # (F, N, P)
    counts = np.rint(scipy.fft.irfft(spectrum, size, axis=0))
    lags = np.arange(-max_lag, max_lag + 1)
    return np.ascontiguousarray(counts[lags].transpose(1, 2, 0)) / pairs.clips


def prominence(correlation: NDArray[np.float64], steps: int, window: int) -> NDArray[np.float64]:
    """φ^{iα} (N, P): the mean of C over |τ| < `window` relative to its mean over all lags, minus 1.

    φ = 0 for a flat C, −1 where event and note avoid each other within the window, and
    (2L + 1) / (2 · window − 1) − 1 where they meet nowhere else; 0 where they never meet at all.
    """
    reach = correlation.shape[-1] // 2
    lags = np.abs(np.arange(-reach, reach + 1))
    return relative(correlation, steps)[..., lags < window].mean(axis=-1) - 1


def relative(correlation: NDArray[np.floating], steps: int) -> NDArray[np.float64]:
    """C in units of its mean over lags, the lags evened out: 1 is flat, and never meeting is 1 too.

    A clip of T = `steps` has just T − |τ| pairs of steps at lag τ: C is divided by that share.
    """
    reach = correlation.shape[-1] // 2
    lags = np.abs(np.arange(-reach, reach + 1))
    even = correlation * (steps / (steps - lags))
    mean = even.mean(axis=-1, keepdims=True)
    return np.divide(even, mean, out=np.ones_like(even), where=mean > 0)
