"""Power and false positives of a listening test: python experiments/ratings.py [--tests 150]

Simulated listeners of known preferences (config.yaml, listening.simulated) take the test again and
again. Among the systems are three equal ones and others 5, 10 and 20 points below them, beside
reference and anchors. After screening, as the tables do it: how often is each true difference
called, and how often is any of the three pairs called that do not differ? Nobody has listened.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from spiking_music import config as configuration
from spiking_music.config import SimulatedConfig
from spiking_music.evaluation.tables import markdown
from spiking_music.listening.screening import SCREENINGS, screen
from spiking_music.listening.simulated import simulate
from spiking_music.listening.statistics import comparisons, friedman

CONFIG = Path(__file__).parents[1] / "config.yaml"
LISTENERS = (8, 15, 26, 50)
BIASES = (0.0, 6.0)  # points
LEVEL = 0.05
EQUAL = ("rvq", "free", "sparse")
BELOW = {"mel": 5, "rvq-impaired": 10, "mu-sparse": 20}  # points
GAPS = [f"{gap} points" for gap in BELOW.values()]
CASE = ["bias", "screening", "listeners"]
BEST = 75.0
OTHERS = {"reference": 100.0, "anchor-7000": 60.0, "anchor-3500": 30.0, "anchor-distorted": 5.0}
CALLS = {
    "Wilcoxon, Holm": "p_wilcoxon_holm",
    "binomial, Holm": "p_binomial_holm",
    "binomial": "p_binomial",
}


def settings(listeners: int, bias: float) -> SimulatedConfig:
    """The configured listeners, but for their number and bias and what they listen to."""
    base = configuration.section(configuration.read([str(CONFIG)]), SimulatedConfig)
    scores = dict.fromkeys(EQUAL, BEST) | {name: BEST - gap for name, gap in BELOW.items()}
    change = {"listeners": listeners, "bias": bias, "scores": OTHERS | scores}
    return base.model_copy(update=change)


def outcomes(listeners: int, bias: float, screening: str, seed: int) -> list[dict[str, object]]:
    """One test: for each way to call a difference, what was called; nothing if nobody is kept."""
    pages = simulate(settings(listeners, bias), seed)
    table = screen(pages)
    kept = set(table.loc[table[screening] == 1, "unit"])
    row = {"listeners": listeners, "bias": bias, "screening": screening, "kept": len(kept)}
    if not kept:
        return [row | {"by": by, "false": False} | dict.fromkeys(BELOW, False) for by in CALLS]
    pages = pages.screened(screening, kept)
    pairs = comparisons(pages).set_index(["first", "second"])
    equal = [pair for pair in pairs.index if set(pair) <= set(EQUAL)]
    rows = []
    for by, column in CALLS.items():
        called = pairs[column] <= LEVEL
        found = {name: called[against_equals(pairs.index, name)].mean() for name in BELOW}
        rows.append(row | {"by": by, "false": called[equal].any()} | found)
    return rows


def against_equals(pairs: pd.Index, name: str) -> list[tuple[str, str]]:
    """The pairs of `name` and one of the equal systems."""
    return [pair for pair in pairs if name in pair and set(pair) & set(EQUAL)]


def equal_only(listeners: int, bias: float, seed: int) -> bool:
    """Does Friedman's test call a test of the three equal systems, beside the reference?"""
    scores = {"reference": 100.0} | dict.fromkeys(EQUAL, BEST)
    change = {"scores": scores, "random": 0.0}
    pages = simulate(settings(listeners, bias).model_copy(update=change), seed)
    tested = friedman(pages).set_index("systems").loc["under test"]
    return bool(tested["p"] <= LEVEL)


def as_markdown(rows: pd.DataFrame) -> str:
    """The table of docs/listening.md: a row a case, the ways to call a difference side by side."""
    head = ["bias", "screening", "listeners", "kept"]
    for by in CALLS:
        gaps = GAPS if "Holm" in by else []  # alone, it is there for its false calls
        head += [f"{by}: any false", *gaps]
    lines = []
    for (bias, screening, listeners), case in rows.groupby(CASE, sort=False):
        part = case.groupby("by")[["kept", "false", *BELOW]].mean()
        cells = [f"{bias:g}", screening, str(listeners), f"{part['kept'].iloc[0]:.1f}"]
        for by in CALLS:
            cells.append(f"{100 * part.loc[by, 'false']:.1f} %")
            cells += [f"{100 * part.loc[by, name]:.0f} %" for name in BELOW if "Holm" in by]
        lines.append(cells)
    return markdown(head, lines, words=2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Power and false positives of ratings.")
    parser.add_argument("--tests", type=int, default=150, help="simulated tests of each kind")
    tests = parser.parse_args().tests
    cases = [(n, bias, rule) for bias in BIASES for n in LISTENERS for rule in SCREENINGS]
    rows, calls = [], []
    for number, case in enumerate(track(cases, "cases", console=Console(stderr=True))):
        for repeat in range(tests):
            rows += outcomes(*case, seed=number * tests + repeat)
        if case[2] == "paper":  # once for both screenings: here nobody responds at random
            called = [equal_only(*case[:2], seed=number * tests + n) for n in range(tests)]
            calls.append((*case[:2], np.mean(called)))
    print(f"SIMULATED listeners, {tests} tests a row, level {LEVEL:g}\n")
    print(as_markdown(pd.DataFrame(rows)))
    for listeners, bias, share in calls:
        print(f"Friedman, equal systems, {listeners} listeners, bias {bias:g}: {share:.1%}")


if __name__ == "__main__":
    main()
