"""A linear mixed model of listeners' scores, beside the tests of `statistics`.

score = system + clip + listener + listener × system + noise; the last three are random. It holds
clips apart that are harder than others, so that listeners may rate different ones. Reference and
anchors stay out: at the ends of the scale they scatter less than the model assumes.
"""

import math
import warnings
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import t as student
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMResults

from spiking_music.listening.scores import Pages, under_test
from spiking_music.listening.statistics import holm

COVERAGE = 0.95
FITTED = ("difference", "low", "high", "p")
SPREADS = ("sd_listener", "sd_bias", "sd_noise")


def mixed(pages: Pages) -> pd.DataFrame:
    """A row a pair of systems under test: how much higher the first is scored.

    Columns: source, screening, first, second, units, difference, low, high (95 %), p, p_holm (all
    pairs), and the standard deviations of listeners, of their bias towards a system, and of noise.
    REML; t with units − 1 degrees of freedom, as z would call too much with few listeners. nan
    where there are fewer than two listeners, or nothing varies.
    """
    systems = [system for system in pages.systems if under_test(system)]
    pairs = list(combinations(range(len(systems)), 2))
    units = len(np.unique(pages.units))
    fit = _fit(pages, systems) if units > 1 and pairs else None
    rows = [
        dict(zip(FITTED, _contrast(fit, first, second, units), strict=True))
        for first, second in pairs
    ]
    table = pd.DataFrame(rows, columns=[*FITTED])
    table["p_holm"] = holm(table["p"].to_numpy(float))
    names = [[systems[place] for place in pair] for pair in pairs]
    head = pd.DataFrame(names, columns=["first", "second"])
    head.insert(0, "source", pages.source)
    head.insert(1, "screening", pages.screening)
    spreads = dict(zip(SPREADS, _spreads(fit), strict=True))
    return pd.concat([head.assign(units=units), table.assign(**spreads)], axis=1)


def _fit(pages: Pages, systems: list[str]) -> MixedLMResults | None:
    """The model, whose first fixed effects are those of the systems; None where it is singular."""
    table = pages.table()
    table = table[table["system"].isin(systems)].copy()
    table["system"] = pd.Categorical(table["system"], systems)
    model = MixedLM.from_formula(
        "score ~ 0 + C(system)" + (" + C(clip)" if table["clip"].nunique() > 1 else ""),
        table,
        groups="unit",
        re_formula="1",
        vc_formula={"bias": "0 + C(system)"},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of 0 lies on the boundary, as it says
        try:
            fit = model.fit(reml=True)
        except (np.linalg.LinAlgError, ValueError):
            return None
        return fit if np.isfinite(fit.bse_fe).all() and fit.scale > 0 else None


def _contrast(
    fit: MixedLMResults | None, first: int, second: int, units: int
) -> tuple[float, float, float, float]:
    """Difference of two systems, its interval, and p; nan without a model."""
    if fit is None:
        return (math.nan,) * 4
    effects = np.asarray(fit.fe_params)
    covariance = np.asarray(fit.cov_params())[: len(effects), : len(effects)]
    weights = np.zeros(len(effects))
    weights[[first, second]] = 1, -1
    difference = float(weights @ effects)
    error = float(np.sqrt(weights @ covariance @ weights))
    law = student(units - 1)
    reach = float(law.ppf((1 + COVERAGE) / 2)) * error
    p = 2 * float(law.sf(abs(difference) / error))
    return difference, difference - reach, difference + reach, p


def _spreads(fit: MixedLMResults | None) -> tuple[float, float, float]:
    """Standard deviations of `SPREADS`, in points."""
    if fit is None:
        return (math.nan,) * 3
    listener = float(np.asarray(fit.cov_re)[0, 0])
    return math.sqrt(max(listener, 0)), math.sqrt(max(fit.vcomp[0], 0)), math.sqrt(fit.scale)
