"""Confidence intervals of means by the seeded percentile bootstrap."""

import numpy as np
from numpy.typing import ArrayLike

FEW = 8  # fewer performances than this are too few to resample


def interval(
    values: ArrayLike, performances: ArrayLike, resamplings: int, seed: int
) -> tuple[float, float]:
    """The 95 % interval of the mean of `values` (clips,), nan left out.

    Clips of one performance resemble each other, so whole performances (ids (clips,)) are drawn
    with replacement; with fewer than 8 of them (`FEW`) clips are drawn, as if they were
    independent, which makes the interval too narrow. (nan, nan) for fewer than two clips.
    """
    sample = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(sample)
    sample, owners = sample[known], np.asarray(performances)[known]
    if len(sample) < 2:
        return (float("nan"), float("nan"))
    groups, member = np.unique(owners, return_inverse=True)
    if len(groups) < FEW:
        member = np.arange(len(sample))
    sums, counts = np.bincount(member, sample), np.bincount(member)  # (G,)
    size = len(sums)
    draw = np.random.default_rng(seed)
    times = draw.multinomial(size, np.full(size, 1 / size), resamplings)  # (R, G)
    low, high = np.percentile((times @ sums) / (times @ counts), [2.5, 97.5])
    return float(low), float(high)
