"""Mutual information between events and onsets, in bits a second."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.special import xlogy

from spiking_music.evaluation.pairs import Pairs


def information(
    pairs: Pairs, lag: int, surrogates: int, seed: int, step_rate: float
) -> NDArray[np.float64]:
    """I(z^i_t; y^α_t) · `step_rate` in bits a second for each pair (N, P), y: onset within ± `lag`.

    Not in the paper (*ours*).
    Both are binary at each step, so the plug-in estimate needs one 2 × 2 table a pair. It is biased
    upwards; the bias is measured by the same estimate under `surrogates` circular shifts of each
    performance (as in `significance`) and subtracted. Were steps independent this would be the
    Miller–Madow term 1 / (2 M ln 2); autocorrelation makes it larger. Values near zero may come
    out slightly negative and are left so: clipping would bring the bias back.

    It is the information of single steps times their rate: what the past of z adds is not counted,
    nor is what several units say together.
    """
    shape = (pairs.units, pairs.notes)
    joint = np.zeros((1 + surrogates, *shape))  # steps with event and onset; row 0 is unshifted
    events_total, near_total, steps_total = np.zeros(shape[0]), np.zeros(shape[1]), 0
    for index, (events, notes) in enumerate(pairs.performances()):
        steps = events.shape[1]
        near = maximum_filter1d(np.minimum(notes, 1), 2 * lag + 1, mode="wrap")  # (P, M)
        drawn = np.random.default_rng([seed, index]).integers(steps, size=surrogates)
        for row, shift in enumerate((0, *drawn)):
            joint[row] += events @ np.roll(near, -shift, axis=1).T
        events_total += events.sum(axis=1)
        near_total += near.sum(axis=1)
        steps_total += steps
    bits = table_information(joint, events_total[:, None], near_total, steps_total)
    return (bits[0] - bits[1:].mean(axis=0)) * step_rate


def table_information(
    joint: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64], total: int
) -> NDArray[np.float64]:
    """Plug-in mutual information in bits of two binary variables, from counts of ones.

    `joint`: both are one; `first`, `second`: the one, the other is; `total`: observations.
    """
    cells = (joint, first - joint, second - joint, total - first - second + joint)
    margins = (first, total - first, second, total - second)

    def entropy(counts: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
        return -sum(xlogy(count / total, count / total) for count in counts) / np.log(2)

    return entropy(margins[:2]) + entropy(margins[2:]) - entropy(cells)
