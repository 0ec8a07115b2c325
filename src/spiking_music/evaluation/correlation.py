"""Event–note cross-correlation and its peak prominence (Lisboa & Bellec 2024, figure 5)."""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from spiking_music.evaluation.pairs import Pairs

BATCH = 32  # clips


def correlate(pairs: Pairs, max_lag: int) -> NDArray[np.float64]:
    """C^{iα}(τ) = ⟨Σ_t z^i_t n^α_{t+τ}⟩ over clips: (N, P, 2L + 1), lags −L .. L = `max_lag`.

    Lisboa & Bellec 2024, eq. (9). A positive lag means that the event came before the note.
    Sums run within each clip, beyond which both are zero. One product of spectra (N × clips by
    clips × P) at each frequency serves all lags; counts are whole numbers and come out exact.
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


def prominence(
    correlation: NDArray[np.float64],
    events: NDArray[np.integer],
    onsets: NDArray[np.integer],
    pairs: Pairs,
    window: int,
) -> NDArray[np.float64]:
    """φ^{iα} = Σ_{|τ|<w} (C(τ) − C̄) / √(S^i K^α), the normalised integral of the peak: (N, P).

    Lisboa & Bellec 2024, figure 5, where w = 10 frames. Two choices are *ours*: C̄, the mean over
    all lags |τ| ≤ L (64 by default), is subtracted, and √(S^i K^α) normalises. `events` S (N,) and
    `onsets` K (P,) count over the clips. A unit that fires once for each onset of one note has
    φ ≈ 1. An independent unit has 0 with about the same spread, √((2w − 1) / frames), for rare and
    frequent notes. φ < 0: unit and note avoid each other.
    """
    reach = correlation.shape[-1] // 2
    lags = np.abs(np.arange(-reach, reach + 1))
    flat = even(correlation, pairs.steps)
    excess = (flat - flat.mean(axis=-1, keepdims=True))[..., lags < window].sum(axis=-1)
    scale = np.sqrt(np.outer(events, onsets)) / pairs.clips
    return np.divide(excess, scale, out=np.zeros_like(excess), where=scale > 0)


def even(correlation: NDArray[np.floating], steps: int) -> NDArray[np.float64]:
    """C with equal weight of lags: a clip of T = `steps` has only T − |τ| pairs of steps at τ."""
    reach = correlation.shape[-1] // 2
    lags = np.abs(np.arange(-reach, reach + 1))
    return correlation * (steps / (steps - lags))
