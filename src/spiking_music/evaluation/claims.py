"""The claims of Lisboa & Bellec 2024 as statistics, and what tables of a data set say to each.

A claim holds where its statistic lies in a region that docs/claims.md gave before the runs. It is
*reproduced* where the whole 95 % interval lies within, for every seed; *not reproduced* where all
of it lies outside, for every seed; and *undecided* otherwise (*ours*).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from spiking_music.evaluation.bootstrap import draws

Clips = pd.DataFrame  # a row a clip; columns "<variant>.<column>", beside "performance", "onsets"
Columns = Mapping[str, NDArray[np.float64]]  # some of them: resampled far faster than a data frame
REPRODUCED, REFUTED, UNDECIDED = "reproduced", "not reproduced", "undecided"


@dataclass(frozen=True)
class Statistic:
    """A number that clips have, and the columns that it is made from."""

    columns: tuple[str, ...]
    of: Callable[[Columns], float]


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper, its statistic, and the region in which it holds."""

    number: str
    text: str
    measured: str
    statistic: Statistic = field(repr=False)
    low: float = -inf
    high: float = inf

    @property
    def region(self) -> str:
        """The criterion, as a reader sees it."""
        if self.low == -inf:
            return f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Finding:
    """A claim's statistic: over all seeds, its interval, and its range over seeds."""

    claim: Claim
    seeds: int
    value: float = nan
    low: float = nan
    high: float = nan
    least: float = nan
    most: float = nan

    @property
    def verdict(self) -> str:
        """Of the three words, or what is missing."""
        if not self.seeds:
            return "not measured"
        below, above = min(self.low, self.least), max(self.high, self.most)
        if isnan(below) or isnan(above):
            return UNDECIDED
        if self.claim.low <= below and above <= self.claim.high:
            return REPRODUCED
        if below > self.claim.high or above < self.claim.low:
            return REFUTED
        return UNDECIDED


def assess(claim: Claim, seeds: Sequence[Clips], resamplings: int, seed: int) -> Finding:
    """The statistic of `claim` over tables of the same clips, one a seed.

    Seeds whose table lacks a column of the statistic are left out. The value is the mean over the
    others. Its interval resamples performances, the same for all seeds.
    """
    statistic = claim.statistic
    wanted = set(statistic.columns)
    known: list[Columns] = [
        {name: clips[name].to_numpy(float) for name in wanted}
        for clips in seeds
        if wanted <= set(clips)
    ]
    if not known:
        return Finding(claim, 0)
    values = [statistic.of(columns) for columns in known]
    means = [
        np.mean([statistic.of({name: columns[name][draw] for name in wanted}) for columns in known])
        for draw in draws(seeds[0]["performance"], resamplings, seed)
    ]
    low, high = np.percentile(means, [2.5, 97.5])  # nan where some draw has no such number
    value = float(np.mean(values))
    seen = len(set(values))  # rows of one seed stand in the tables of all
    return Finding(claim, seen, value, float(low), float(high), min(values), max(values))


def _mean(values: NDArray[np.float64]) -> float:
    """Of the values that are numbers; nan where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else nan


def _quotient(above: float, below: float) -> float:
    """Of two means; nan where the lower one is zero."""
    return above / below if below else nan


def _quantile(values: NDArray[np.float64], share: float) -> float:
    """Of the values that are numbers; nan where none is."""
    known = values[~np.isnan(values)]
    return float(np.quantile(known, share)) if known.size else nan


def difference(one: str, other: str) -> Statistic:
    """The mean over clips of one column minus another."""
    return Statistic((one, other), lambda clips: _mean(clips[one] - clips[other]))


def mean(column: str) -> Statistic:
    """The mean over clips of a column; of one that says yes or no, the share of clips."""
    return Statistic((column,), lambda clips: _mean(clips[column]))


def ratio(one: str, other: str) -> Statistic:
    """The mean over clips of a column, in units of the mean of another."""
    return Statistic((one, other), lambda clips: _quotient(_mean(clips[one]), _mean(clips[other])))


def rank_correlation(one: str, other: str) -> Statistic:
    """Spearman's ρ of two columns over clips; nan where one of them never changes."""

    def statistic(clips: Columns) -> float:
        pairs = np.stack([clips[one], clips[other]])
        pairs = pairs[:, ~np.isnan(pairs).any(axis=0)]
        if pairs.shape[1] < 2 or (pairs == pairs[:, :1]).all(axis=1).any():
            return nan
        return float(np.corrcoef(rankdata(pairs, axis=1))[0, 1])

    return Statistic((one, other), statistic)


def tail_difference(one: str, other: str, share: float) -> Statistic:
    """A low quantile over clips of one column minus that of another."""
    return Statistic(
        (one, other), lambda clips: _quantile(clips[one], share) - _quantile(clips[other], share)
    )


def rest_to_dense(column: str) -> Statistic:
    """The mean of a column over the tenth of clips with the fewest onsets / with the most."""

    def statistic(clips: Columns) -> float:
        ordered = clips[column][np.argsort(clips["onsets"], kind="stable")]
        tenth = max(1, len(ordered) // 10)
        return _quotient(_mean(ordered[:tenth]), _mean(ordered[-tenth:]))

    return Statistic((column, "onsets"), statistic)
