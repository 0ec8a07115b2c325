"""The claims of Lisboa & Bellec 2024 as statistics, and what tables of a data set say to each.

A claim holds where its statistic lies in a region that docs/claims.md gave before the runs. It is
*reproduced* where the whole 95 % interval lies within, for every seed; *not reproduced* where all
of it lies outside, for every seed; and *undecided* otherwise (*ours*).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, nan

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from spiking_music.evaluation.bootstrap import draws

Clips = pd.DataFrame  # a row a clip; columns "<variant>.<column>", beside "performance", "onsets"
REPRODUCED, REFUTED, UNDECIDED = "reproduced", "not reproduced", "undecided"


@dataclass(frozen=True)
class Statistic:
    """A number that clips have, and the columns that it is made from."""

    columns: tuple[str, ...]
    of: Callable[[Clips], float]


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
    wanted = list(statistic.columns)
    known = [clips[wanted] for clips in seeds if set(wanted) <= set(clips)]
    if not known:
        return Finding(claim, 0)
    values = [statistic.of(clips) for clips in known]
    means = [
        np.mean([statistic.of(clips.iloc[draw]) for clips in known])
        for draw in draws(seeds[0]["performance"], resamplings, seed)
    ]
    low, high = np.percentile(means, [2.5, 97.5])  # nan where some draw has no such number
    value = float(np.mean(values))
    seen = len(set(values))  # rows of one seed stand in the tables of all
    return Finding(claim, seen, value, float(low), float(high), min(values), max(values))


def difference(one: str, other: str) -> Statistic:
    """The mean over clips of one column minus another."""
    return Statistic((one, other), lambda clips: float((clips[one] - clips[other]).mean()))


def mean(column: str) -> Statistic:
    """The mean over clips of a column; of one that says yes or no, the share of clips."""
    return Statistic((column,), lambda clips: float(clips[column].astype(float).mean()))


def ratio(one: str, other: str) -> Statistic:
    """The mean over clips of a column, in units of the mean of another."""
    return Statistic((one, other), lambda clips: float(clips[one].mean() / clips[other].mean()))


def rank_correlation(one: str, other: str) -> Statistic:
    """Spearman's ρ of two columns over clips; nan where one of them never changes."""

    def statistic(clips: Clips) -> float:
        if clips[one].nunique() < 2 or clips[other].nunique() < 2:
            return nan
        return float(spearmanr(clips[one], clips[other], nan_policy="omit").statistic)

    return Statistic((one, other), statistic)


def tail_difference(one: str, other: str, share: float) -> Statistic:
    """A low quantile over clips of one column minus that of another."""
    return Statistic(
        (one, other),
        lambda clips: float(clips[one].quantile(share) - clips[other].quantile(share)),
    )


def rest_to_dense(column: str) -> Statistic:
    """The mean of a column over the tenth of clips with the fewest onsets / with the most."""

    def statistic(clips: Clips) -> float:
        ordered = clips.sort_values("onsets", kind="stable")[column]
        tenth = max(1, len(ordered) // 10)
        return float(ordered.iloc[:tenth].mean() / ordered.iloc[-tenth:].mean())

    return Statistic((column, "onsets"), statistic)
