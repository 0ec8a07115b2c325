"""How many listeners an AB or ABX test needs: exact, as its tests are binomial.

A page is right, or won, with the same chance for every listener and clip. Called is what the tables
would call of this one pair: the binomial test of `choices`, where Holm is strictest, at the level
over the number of pairs. Where listeners differ, AB has less power.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom, binomtest

from spiking_music import files
from spiking_music.config import PageConfig, PowerConfig, SimulatedConfig
from spiking_music.errors import ConfigError
from spiking_music.listening.design import pairs
from spiking_music.listening.statistics import binomial


@dataclass(frozen=True)
class Comparison:
    """pages: of each pair, that a listener answers. pairs: compared in the test."""

    pages: int
    pairs: int
    level: float
    p: Callable[[int, int], float]  # of so many right or won pages of so many


def write_power(
    settings: PowerConfig,
    simulated: SimulatedConfig,
    page: PageConfig,
    method: str,
    level: float,
    out: Path,
) -> None:
    """Write the table of `power` for the clips and systems of `simulated` to the file `out` (.csv).

    method: ab or abx. Raises `ConfigError` where there is no pair to compare.
    """
    named = page.pairs if page.method == method else ()
    compared = named or pairs(list(simulated.scores), method)
    if not compared:
        raise ConfigError(f"'listening.simulated.scores' has no two systems to compare by {method}")
    repeats = page.repeats if page.method == method else 1
    comparison = Comparison(simulated.clips * repeats, len(compared), level, P_VALUES[method])
    table = power(settings, comparison)
    with files.atomic(out) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")
    files.wrote(out)


def power(settings: PowerConfig, comparison: Comparison) -> pd.DataFrame:
    """A row a number of listeners and share of right, or won, pages of one pair.

    Columns: listeners, share, pages (of all listeners), pairs, needed (the fewest right or won
    pages that are called; none: no number is), power (probability of a call; at a share of 0.5,
    where nothing is heard, of a false one).
    """
    rows = []
    for listeners in settings.listeners:
        pages = listeners * comparison.pages
        counts = np.arange(pages + 1)
        p = np.array([comparison.p(count, pages) for count in range(pages + 1)])
        called = p <= comparison.level / comparison.pairs
        right = counts[called & (counts > pages / 2)]
        head: dict[str, float] = {"listeners": listeners, "pages": pages}
        head |= {"pairs": comparison.pairs, "needed": right[0] if len(right) else np.nan}
        rows += [
            head | {"share": share, "power": float(binom(pages, share).pmf(counts[called]).sum())}
            for share in settings.shares
        ]
    columns = ["listeners", "share", "pages", "pairs", "needed", "power"]
    return pd.DataFrame(rows)[columns].astype({"needed": "Int64"})


def _right(count: int, pages: int) -> float:
    """ABX, one-sided: more than by guessing."""
    return float(binomtest(count, pages, alternative="greater").pvalue)


def _won(count: int, pages: int) -> float:
    """AB, two-sided."""
    return binomial(count, pages - count)


P_VALUES: dict[str, Callable[[int, int], float]] = {"abx": _right, "ab": _won}
