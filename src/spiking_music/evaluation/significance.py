"""Which units are selective for which notes: a circular-shift test with multiple-testing control.

The statistic of a pair counts coincidences, Σ_t z_t Σ_{|τ|<w} n_{t+τ}. Its null distribution comes from
shifting the events of each *whole performance* circularly against its notes, by another shift for each
performance and the same for all units. Why so, and not otherwise:

- events and onsets are autocorrelated (beats, bars, sustained notes). Permuting steps would destroy
  that and call nearly everything significant; a shift keeps both series as they are;
- the clips of a performance are contiguous, so that shifting single clips by at most 6 s would leave
  the key and the texture in place, and 256 steps hold few independent shifts;
- one shift of the whole split would compare the events of one piece with the notes of another, and
  call a unit selective because it and a note are both frequent in some pieces.

Shifts below `guard` steps are left out: they still see the coincidences under test. The FFT gives the
statistic at *every* shift of a performance, hence the exact mean, variance and skewness of the null of
the split, a sum of independent shifts; p-values are tails of the Pearson III (gamma) law of these
moments (Winkler et al. 2016, NeuroImage 141). The family-wise test is Westfall and Young's: the
smallest p of all pairs, in joint draws of the shifts, needs no law and keeps the pairs' dependence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.special import gammainc, gammaincc
from scipy.stats import false_discovery_control

from spiking_music.errors import DataError
from spiking_music.evaluation.pairs import Pairs

BLOCK = 1 << 22  # numbers held at a time, units x notes x shifts: they stay in the cache
FLATTEST = 1e-3  # skewness below which the gamma law is as good as normal


@dataclass(frozen=True)
class Significance:
    """The test of every pair; all arrays (N, P)."""

    score: NDArray[np.float64]  # coincidences above the null mean, in its standard deviations
    p: NDArray[np.float64]  # one-sided, of the pair by itself
    q: NDArray[np.float64]  # Benjamini–Hochberg over all pairs: share of false among q ≤ level
    p_family: NDArray[np.float64]  # chance of any false pair at all when calling p_family ≤ level


@dataclass
class _Null:
    """Running sums over performances; `draws` are joint samples of the shifts."""

    observed: NDArray[np.float64]  # (N, P), like mean, variance and third
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    third: NDArray[np.float64]  # third central moment: cumulants add up over independent shifts
    draws: NDArray[np.float32]  # (N, P, K)


def significance(
    pairs: Pairs, window: int, guard: int, surrogates: int, seed: int
) -> Significance:
    """Test all N · P pairs for coincidences within |τ| < `window` beyond chance.

    `guard` in steps; `surrogates` joint draws K (p_family is at least 1 / (K + 1)); deterministic given
    `seed`. Memory: one performance and 4 · N · P · K bytes. Raises `DataError` where a performance is
    too short to be shifted.
    """
    null = _shift(pairs, window, guard, surrogates, seed)
    p = _tail(null, null.observed)
    least = np.ones(surrogates)
    for unit in range(pairs.units):
        rows = _Null(*(getattr(null, name)[unit, :, None] for name in _MOMENTS), null.draws[unit])
        least = np.minimum(least, _tail(rows, null.draws[unit].astype(np.float64)).min(axis=0))
    below = np.searchsorted(np.sort(least), p, side="right")
    excess = null.observed - null.mean
    score = np.divide(excess, np.sqrt(null.variance), out=np.zeros_like(p), where=null.variance > 0)
    q = false_discovery_control(p.ravel()).reshape(p.shape)
    return Significance(score, p, q, (1 + below) / (1 + surrogates))


_MOMENTS = ("observed", "mean", "variance", "third")


def _shift(pairs: Pairs, window: int, guard: int, surrogates: int, seed: int) -> _Null:
    shape = (pairs.units, pairs.notes)
    null = _Null(*(np.zeros(shape) for _ in _MOMENTS), np.zeros((*shape, surrogates), np.float32))
    for index, (events, notes) in enumerate(pairs.performances()):
        steps = events.shape[1]
        shifts = allowed_shifts(steps, guard)
        drawn = np.random.default_rng([seed, index]).choice(shifts, surrogates)
        for rows, counts in _coincidences(events, notes, window):  # (u, P, M)
            null.observed[rows] += counts[..., 0]
            allowed = counts[..., shifts[0] : shifts[-1] + 1]
            mean = allowed.mean(axis=-1)
            null.mean[rows] += mean
            null.draws[rows] += counts[..., drawn]
            allowed -= mean[..., None]
            squares = allowed * allowed
            null.variance[rows] += squares.mean(axis=-1)
            squares *= allowed
            null.third[rows] += squares.mean(axis=-1)
    return null


def allowed_shifts(steps: int, guard: int) -> NDArray[np.int64]:
    """Circular shifts of a row of `steps` that are at least `guard` away from no shift."""
    if steps < 4 * guard:
        raise DataError(
            f"a performance of {steps} steps is too short for shifts of {guard} steps and more:"
            " leave it out or lower the guard"
        )
    return np.arange(guard, steps - guard + 1)


def _coincidences(
    events: NDArray[np.float32], notes: NDArray[np.float32], window: int
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield blocks of units and their coincidences (u, P, M) with each note at every shift.

    The average over all M shifts is removed, which float32 transforms thank with accuracy.
    """
    steps = events.shape[1]
    width = 2 * window - 1
    near = width * uniform_filter1d(notes, width, mode="wrap")  # onsets within the window
    spectra = scipy.fft.rfft(near - near.mean(axis=1, keepdims=True))  # (P, F)
    size = max(1, BLOCK // (len(notes) * steps))
    for start in range(0, len(events), size):
        rows = slice(start, start + size)
        spectrum = scipy.fft.rfft(events[rows]).conj()[:, None] * spectra  # (u, P, F)
        yield rows, scipy.fft.irfft(spectrum, steps, overwrite_x=True)


def _tail(null: _Null, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(null ≥ value) under the Pearson III law of the null's moments; 1 where nothing varies."""
    varies = null.variance > 0
    deviation = np.sqrt(np.where(varies, null.variance, 1))
    skew = null.third / deviation**3
    skew = np.where(np.abs(skew) < FLATTEST, FLATTEST, skew)
    shape = 4 / skew**2
    x = (value - 0.5 - null.mean) / deviation  # counts are whole: half a count of continuity
    right = gammaincc(shape, np.maximum(0, shape + x * np.sqrt(shape)))
    left = gammainc(shape, np.maximum(0, shape - x * np.sqrt(shape)))
    return np.where(varies, np.where(skew > 0, right, left), 1.0)
