"""How many listeners a test needs: simulated tests, in which a known difference is found or not.

Of MUSHRA; `power_choices` has AB and ABX. Listeners are those of `simulated`, screened as real ones
are. Two systems of its scores take part:
the best under test, and the next, which is put so many points below it. Called is what the tables
would call: Wilcoxon's signed ranks of listeners' means, Holm over all pairs of the test.
"""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from spiking_music import files
from spiking_music.config import PowerConfig, SimulatedConfig
from spiking_music.errors import ConfigError
from spiking_music.listening.scores import Pages, under_test
from spiking_music.listening.screening import SCREENINGS, screen
from spiking_music.listening.simulated import simulate
from spiking_music.listening.statistics import holm, signed_rank
from spiking_music.progress import tracked


def write_power(
    settings: PowerConfig, simulated: SimulatedConfig, level: float, out: Path, seed: int
) -> None:
    """Write the table of `power` to the file `out` (.csv)."""
    table = power(settings, simulated, level, seed)
    with files.atomic(out) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")
    files.wrote(out)


def power(
    settings: PowerConfig, simulated: SimulatedConfig, level: float, seed: int
) -> pd.DataFrame:
    """A row a number of listeners, difference and screening.

    Columns: listeners, difference, screening, kept (listeners of a test, on average), tests, power
    (share of tests that call the difference; of no difference, the share of false calls), low and
    high (95 %, Wilson). Raises `ConfigError` where the scores have no two systems under test.
    """
    better, worse = _tested(simulated)
    cases = [(n, gap) for n in settings.listeners for gap in settings.differences]
    rows = []
    for number, (listeners, gap) in enumerate(tracked(cases, "cases", len(cases))):
        scores = {**simulated.scores, worse: max(simulated.scores[better] - gap, 0.0)}
        case = simulated.model_copy(update={"listeners": listeners, "scores": scores})
        seeds = np.random.SeedSequence([seed, number]).generate_state(settings.tests)
        calls = [_called(simulate(case, int(each)), (better, worse), level) for each in seeds]
        for place, screening in enumerate(SCREENINGS):
            kept, called = zip(*(call[place] for call in calls), strict=True)
            head = {"listeners": listeners, "difference": gap, "screening": screening}
            rows.append(head | {"kept": np.mean(kept)} | _share(sum(called), settings.tests))
    return pd.DataFrame(rows)


def _tested(simulated: SimulatedConfig) -> tuple[str, str]:
    """The best two systems under test."""
    scores = {name: score for name, score in simulated.scores.items() if under_test(name)}
    if len(scores) < 2:
        raise ConfigError("'listening.simulated.scores' needs two systems besides the anchors")
    best = sorted(scores, key=lambda name: (-scores[name], name))
    return best[0], best[1]


def _called(pages: Pages, pair: tuple[str, str], level: float) -> list[tuple[int, bool]]:
    """By each screening: how many listeners are kept, and whether the two are called different."""
    listeners = screen(pages)
    found = []
    for name in SCREENINGS:
        kept = pages.screened(name, set(listeners.loc[listeners[name] == 1, "unit"]))
        units = len(np.unique(kept.units))
        found.append((units, bool(units) and _p(kept, pair) <= level))
    return found


def _p(pages: Pages, pair: tuple[str, str]) -> float:
    """Of the two systems, adjusted for all pairs."""
    means, systems = pages.unit_means(), pages.systems
    pairs = list(combinations(range(len(systems)), 2))
    p = holm(np.array([signed_rank(means[:, i] - means[:, j]) for i, j in pairs]))
    wanted = {systems.index(name) for name in pair}
    return float(next(each for each, both in zip(p, pairs, strict=True) if set(both) == wanted))


def _share(count: int, tests: int) -> dict[str, float]:
    interval = binomtest(count, tests).proportion_ci(method="wilson")
    share = {"tests": tests, "power": count / tests}
    return share | {"low": float(interval.low), "high": float(interval.high)}
