"""Pages of scores → what can be said of systems, and of any two of them.

Units (listeners) are independent of each other, pages of one unit are not. So intervals resample
units, and Friedman's and Wilcoxon's tests see the mean of each unit. The binomial test of wins
against losses counts pages, as the paper does, and takes them for independent: where listeners have
lasting tastes it calls too much (docs/listening.md has how much).
"""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, friedmanchisquare, rankdata, wilcoxon

from spiking_music.evaluation.bootstrap import interval, median_interval
from spiking_music.listening.scores import Pages, under_test

EXACT = 50  # differences

Array = NDArray[np.float64]


def estimates(pages: Pages, resamplings: int, seed: int) -> pd.DataFrame:
    """A row a system: units, scores, median and mean with 95 % bootstrap intervals over units.

    The mean is that of the units' means, the median that of all scores. An interval of one unit is
    nan.
    """
    means = pages.unit_means()  # (U, K)
    rows = []
    for index, system in enumerate(pages.systems):
        scores = pages.scores[:, index]
        low, high = interval(means[:, index], np.arange(len(means)), resamplings, seed)
        median_low, median_high = median_interval(scores, pages.units, resamplings, seed)
        rows.append(
            {
                "system": system,
                "units": len(means),
                "scores": len(scores),
                "median": np.median(scores),
                "median_low": median_low,
                "median_high": median_high,
                "mean": means[:, index].mean(),
                "mean_low": low,
                "mean_high": high,
            }
        )
    return _named(pages, rows)


def friedman(pages: Pages) -> pd.DataFrame:
    """Friedman's test over units: do any of the systems differ?

    Two rows: all systems, and those under test, that is without reference and anchors, which
    differ by design. Columns: systems, count, units, statistic, p; nan for fewer than three systems
    or two units.
    """
    means = pages.unit_means()
    tested = [i for i, name in enumerate(pages.systems) if under_test(name)]
    rows = []
    for name, columns in (("all", [*range(len(pages.systems))]), ("under test", tested)):
        statistic = p = float("nan")
        if len(columns) > 2 and len(means) > 1:
            statistic, p = _friedman(means[:, columns])
        row = {"systems": name, "count": len(columns), "units": len(means)}
        rows.append(row | {"statistic": statistic, "p": p})
    return _named(pages, rows)


def comparisons(pages: Pages) -> pd.DataFrame:
    """A row a pair of systems: wins of the first over the second page by page, and two tests.

    Lisboa & Bellec 2024, figure 3; Holm's correction and Wilcoxon's test are *ours*.
    Columns: first, second, pages, wins, losses, ties, p_binomial (two-sided, of wins against
    losses; ties do not count), units, difference (mean of first less second), p_wilcoxon (signed
    ranks of the units' means); `_holm`: the same for the family of all pairs.
    """
    means = pages.unit_means()
    rows = []
    for first, second in combinations(range(len(pages.systems)), 2):
        margin = pages.scores[:, first] - pages.scores[:, second]
        wins, losses = int((margin > 0).sum()), int((margin < 0).sum())
        differences = means[:, first] - means[:, second]
        rows.append(
            {
                "first": pages.systems[first],
                "second": pages.systems[second],
                "pages": len(margin),
                "wins": wins,
                "losses": losses,
                "ties": len(margin) - wins - losses,
                "p_binomial": binomial(wins, losses),
                "units": len(means),
                "difference": differences.mean(),
                "p_wilcoxon": signed_rank(differences),
            }
        )
    table = _named(pages, rows)
    for test in ("p_binomial", "p_wilcoxon"):
        place = list(table.columns).index(test) + 1
        table.insert(place, f"{test}_holm", holm(table[test].to_numpy()))
    return table


def binomial(wins: int, losses: int) -> float:
    """Two-sided p of `wins` against `losses` under even chances; 1 where there are neither."""
    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0


def signed_rank(differences: Array) -> float:
    """Two-sided p of Wilcoxon's signed-rank test, zeros left out; 1 where all are zero.

    Exact up to 50 differences, ties in ranks included, which scipy approximates or enumerates: the
    distribution of the sum is that of coins worth their ranks. Beyond, scipy's normal law.
    """
    different = differences[differences != 0]
    if len(different) > EXACT:
        return float(wilcoxon(different).pvalue)
    ranks = (2 * rankdata(np.abs(different))).astype(int)  # twice: ranks of ties may be halves
    ways = np.zeros(int(ranks.sum()) + 1)  # to reach each sum
    ways[0] = 1
    for rank in ranks:
        ways[rank:] += ways[: len(ways) - rank].copy()
    positive = int(ranks[different > 0].sum())
    smaller = min(positive, int(ranks.sum()) - positive)
    return min(1.0, float(2 * ways[: smaller + 1].sum() / 2 ** len(ranks)))


def holm(p: Array) -> Array:
    """p-values (n,) of one family, adjusted by Holm (1979): q ≤ α keeps false calls below α."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(scaled)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted


def _friedman(means: Array) -> tuple[float, float]:
    """Statistic and p; 0 and 1 where every unit finds all systems equal."""
    if (means == means[:, :1]).all():
        return 0.0, 1.0
    result = friedmanchisquare(*means.T)
    return float(result.statistic), float(result.pvalue)


def _named(pages: Pages, rows: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table.insert(0, "source", pages.source)
    table.insert(1, "screening", pages.screening)
    return table
