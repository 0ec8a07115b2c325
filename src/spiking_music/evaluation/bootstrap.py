"""Confidence intervals of means and medians by the seeded percentile bootstrap."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

BATCH = 200  # resamplings of a median at a time
MIN_GROUPS = 8  # performances: fewer are too few to resample


def interval(
    values: ArrayLike, performances: ArrayLike, resamplings: int, seed: int
) -> tuple[float, float]:
    """The 95 % interval of the mean of `values` (clips,), nan left out.

    Clips of one performance resemble each other, so whole performances (ids (clips,)) are drawn
    with replacement (`drawn_together`). (nan, nan) for fewer than two clips.
    """
    sample = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(sample)
    sample, owners = sample[known], np.asarray(performances)[known]
    if len(sample) < 2:
        return (float("nan"), float("nan"))
    member = drawn_together(owners)
    sums, counts = np.bincount(member, sample), np.bincount(member)  # (G,)
    size = len(sums)
    draw = np.random.default_rng(seed)
    times = draw.multinomial(size, np.full(size, 1 / size), resamplings)  # (R, G)
    low, high = np.percentile((times @ sums) / (times @ counts), [2.5, 97.5])
    return float(low), float(high)


def drawn_together(performances: ArrayLike) -> NDArray[np.intp]:
    """For each clip (clips,) the number of the group in which it is drawn: its performance.

    With fewer than 8 performances (`MIN_GROUPS`) each clip is a group of its own, as if clips were
    independent, which makes intervals too narrow.
    """
    groups, member = np.unique(np.asarray(performances), return_inverse=True)
    return member if len(groups) >= MIN_GROUPS else np.arange(len(member))


def draws(performances: ArrayLike, resamplings: int, seed: int) -> Iterator[NDArray[np.intp]]:
    """Places of clips, one array a resampling, groups (`drawn_together`) drawn with replacement."""
    member = drawn_together(performances)
    places = np.split(np.argsort(member, kind="stable"), np.bincount(member).cumsum()[:-1])
    draw = np.random.default_rng(seed)
    for _ in range(resamplings):
        yield np.concatenate([places[i] for i in draw.integers(len(places), size=len(places))])


def median_interval(
    values: NDArray[np.float64], units: NDArray[np.str_], resamplings: int, seed: int
) -> tuple[float, float]:
    """The 95 % bootstrap interval of the median of `values` (P,), whole units (P,) being drawn."""
    names, owner = np.unique(units, return_inverse=True)
    size = len(names)
    if size < 2:
        return (float("nan"), float("nan"))
    order = np.argsort(values, kind="stable")
    ordered, owner = values[order], owner[order]
    draw = np.random.default_rng(seed)
    medians = []
    for start in range(0, resamplings, BATCH):
        rows = min(BATCH, resamplings - start)
        times = draw.multinomial(size, np.full(size, 1 / size), rows)  # (R, U)
        reached = times[:, owner].cumsum(axis=1)  # (R, P): how many values are this low
        half = reached[:, -1:] / 2
        lower = ordered[(reached >= half).argmax(axis=1)]
        upper = ordered[(reached > half).argmax(axis=1)]
        medians.append((lower + upper) / 2)
    low, high = np.percentile(np.concatenate(medians), [2.5, 97.5])
    return float(low), float(high)
