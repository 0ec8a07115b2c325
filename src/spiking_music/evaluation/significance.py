"""Which units are selective for which notes: a circular-shift test with multiple-testing control.

The statistic of a pair is the numerator of its prominence φ: coincidences within |τ| < w less what
the lags |τ| ≤ L around them let expect. What unit and note share over seconds (loudness, texture)
cancels; a peak remains. Its null distribution comes from shifting the events of each *whole
performance* circularly against its notes, by another shift for each performance and by the same one
for all units. Why so, and not otherwise:

- events and onsets are autocorrelated (beats, bars, sustained notes). Permuting steps would destroy
  that and call nearly everything significant; a shift keeps both series as they are;
- the clips of a performance are contiguous. Shifts of single clips would have 256 steps to choose
  from and a seam every 6 s; joined, a performance has thousands of steps and one seam;
- one shift of the whole split would compare the events of one piece with the notes of another,
  and call a unit selective because it and a note are both frequent in some pieces.

All shifts of a performance are a group that contains no shift at all, and none is left out: then
the test is exact for stationary performances, few and slow ones included. (Leaving out the shifts
near zero looks harmless, but makes the observed statistic an outsider to the very moments that
judge it, and calls far too much.) The FFT gives the statistic at *every* shift, hence the exact
mean, variance and skewness of the null of the split, a sum of independent shifts; p-values are
tails of the Pearson III (gamma) law of these moments (Winkler et al. 2016, NeuroImage 141). The
family-wise test is Westfall and Young's: the smallest p of all pairs, in joint draws of the shifts;
it needs no law and keeps the dependence between pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.special import gammaincc, gammainccinv
from scipy.stats import false_discovery_control

from spiking_music.errors import DataError
from spiking_music.evaluation.correlation import Pairs
from spiking_music.progress import tracked

BLOCK = 1 << 21  # numbers held at a time, units x notes x shifts: about what a cache holds
FLATTEST = 1e-3  # skewness; below it, the gamma law is taken as normal
BEYOND = 0.05  # of the null of a pair by itself
STILL = 1e-6  # variance below which a statistic is constant, but for float32 rounding


@dataclass(frozen=True)
class Significance:
    """The test of every pair; all arrays (N, P)."""

    score: NDArray[np.float64]  # statistic less its null mean, in null standard deviations
    p: NDArray[np.float64]  # one-sided, of the pair by itself
    q: NDArray[np.float64]  # Benjamini–Hochberg over all pairs: share of false among q ≤ level
    p_family: NDArray[np.float64]  # chance of any false pair at all when calling p_family ≤ level
    edge: NDArray[np.float64]  # statistic that a share `BEYOND` of the null exceeds


@dataclass(frozen=True)
class Null:
    """Sums over performances, all (N, P) but `draws` (N, P, K), joint samples of the shifts."""

    observed: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    third: NDArray[np.float64]  # central moment: cumulants of independent shifts add up
    draws: NDArray[np.float32]


def significance(
    pairs: Pairs, window: int, max_lag: int, surrogates: int, seed: int
) -> Significance:
    """Test all N · P pairs for a peak of coincidences at |τ| < `window` over |τ| ≤ `max_lag`.

    Not in the paper (*ours*).
    `surrogates` is K, the joint draws: p_family ≥ 1 / (K + 1). Deterministic given `seed`.
    Memory: one performance and 4 · N · P · K bytes. Raises `DataError` where a performance has
    fewer steps than there are lags.
    """
    null = shift_null(pairs, window, max_lag, surrogates, seed)
    p = tail(null.observed, null.mean, null.variance, null.third)
    least = np.ones(surrogates)  # smallest p of all pairs in each draw
    for draws, *moments in zip(null.draws, null.mean, null.variance, null.third, strict=True):
        drawn = tail(draws, *(moment[:, None] for moment in moments))  # (P, K)
        least = np.minimum(least, drawn.min(axis=0))
    as_small = np.searchsorted(np.sort(least), p, side="right")
    deviation = np.sqrt(null.variance)
    excess = null.observed - null.mean
    score = np.divide(excess, deviation, out=np.zeros_like(p), where=null.variance > STILL)
    q = false_discovery_control(p.ravel()).reshape(p.shape)
    edge = null_edge(null.mean, null.variance, null.third)
    return Significance(score, p, q, (1 + as_small) / (1 + surrogates), edge)


def shift_null(pairs: Pairs, window: int, max_lag: int, surrogates: int, seed: int) -> Null:
    """The statistic of every pair, its exact moments over all shifts, and `surrogates` draws."""
    shape = (pairs.units, pairs.notes)
    observed, mean, variance, third = (np.zeros(shape) for _ in range(4))
    draws = np.zeros((*shape, surrogates), np.float32)
    performances = tracked(pairs.performances(), "performances", len(pairs.spans))
    for index, (events, notes) in enumerate(performances):
        drawn = np.random.default_rng([seed, index]).integers(events.shape[1], size=surrogates)
        for rows, peaks in _peaks(events, notes, window, max_lag):  # (u, P, M)
            observed[rows] += peaks[..., 0]
            draws[rows] += np.take(peaks, drawn, axis=-1)
            centre = peaks.mean(axis=-1)
            mean[rows] += centre
            peaks -= centre[..., None]
            powers = peaks * peaks
            variance[rows] += powers.mean(axis=-1)
            powers *= peaks
            third[rows] += powers.mean(axis=-1)
    return Null(observed, mean, variance, third, draws)


def _peaks(
    events: NDArray[np.float32], notes: NDArray[np.float32], window: int, max_lag: int
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield blocks of units and their statistic (u, P, M) with each note at every shift."""
    steps = events.shape[1]
    if steps <= 2 * max_lag:
        raise DataError(
            f"a performance of {steps} steps is too short for lags of {max_lag}: lower max_lag"
        )
    spectra = scipy.fft.rfft(notes) * scipy.fft.rfft(_kernel(steps, window, max_lag))  # (P, F)
    size = max(1, BLOCK // (len(notes) * steps))
    for start in range(0, len(events), size):
        rows = slice(start, start + size)
        spectrum = scipy.fft.rfft(events[rows]).conj()[:, None] * spectra  # (u, P, F)
        yield rows, scipy.fft.irfft(spectrum, steps, overwrite_x=True)


def _kernel(steps: int, window: int, max_lag: int) -> NDArray[np.float32]:
    """Circular weights of the lags: 1 within the window, less the window's share of all lags."""
    lags = np.minimum(np.arange(steps), steps - np.arange(steps))
    share = (2 * window - 1) / (2 * max_lag + 1)
    return ((lags < window) - share * (lags <= max_lag)).astype(np.float32)


def tail(
    value: NDArray[np.floating],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
    third: NDArray[np.float64],
) -> NDArray[np.float64]:
    """P(null ≥ value) under the Pearson III law of the null's moments; 1 where nothing varies."""
    varies = variance > STILL
    deviation = np.sqrt(np.where(varies, variance, 1))
    skew = third / deviation**3
    # a gamma law of negative skewness ends on the right, and would call what lies beyond impossible
    shape = 4 / np.maximum(skew, FLATTEST) ** 2
    x = (value - 0.5 - mean) / deviation  # coincidences are whole: half a one for continuity
    beyond = gammaincc(shape, np.maximum(0, shape + np.sqrt(shape) * x))
    return np.where(varies, beyond, 1.0)


def null_edge(
    mean: NDArray[np.float64], variance: NDArray[np.float64], third: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The statistic whose `tail` is `BEYOND`; the mean where nothing varies."""
    varies = variance > STILL
    deviation = np.sqrt(np.where(varies, variance, 1))
    shape = 4 / np.maximum(third / deviation**3, FLATTEST) ** 2
    x = (gammainccinv(shape, BEYOND) - shape) / np.sqrt(shape)
    return np.where(varies, mean + 0.5 + deviation * x, mean)
