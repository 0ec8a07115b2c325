"""Choices of AB and ABX tests → what is preferred, what is told apart, and how sure that is.

AB: wins and losses of every pair with two tests, a sign test of pages and Wilcoxon's of listeners,
and a Bradley–Terry model of all pairs (a logistic regression of the chosen system, its errors
clustered by listener). ABX: right answers of every pair with the exact binomial test against
guessing, which holds whatever listeners have in common: who hears nothing guesses page by page.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.stats import binomtest

from spiking_music import files
from spiking_music.config import RatingsConfig
from spiking_music.errors import DataError
from spiking_music.evaluation.tables import markdown
from spiking_music.listening.result_files import (
    CHOICE,
    CHOICE_A,
    CHOICE_B,
    CHOICE_X,
    CHOSEN,
    CLIP,
    LISTENERS,
    NEITHER,
    SESSION,
    SIMULATED_LISTENERS,
    TEST,
    LeftOut,
    Rows,
    sessions_of,
)
from spiking_music.listening.scores import in_order
from spiking_music.listening.statistics import binomial, holm, signed_rank

NEEDED = (TEST, SESSION, CLIP, *CHOICE)
COVERAGE = 0.95


@dataclass(frozen=True)
class Choices:
    """All choices of one test: a row each with unit, clip, first, second, x, chosen.

    first and second: the two systems, in the order of tables; x: which came again (ABX), "" of AB;
    chosen: one of the two, or "none".
    """

    source: str
    method: str  # ab | abx
    table: pd.DataFrame
    left_out: list[LeftOut]


def collect(paths: Iterable[Path]) -> Choices:
    """Read result files; raises `DataError` where no session is usable. See `sessions_of`."""
    sessions, dropped = sessions_of(paths, NEEDED, _choices)
    if not sessions:
        reason = f"; '{dropped[0].file}' {dropped[0].reason}" if dropped else ""
        raise DataError(f"no result file holds a usable session of choices{reason}")
    rows = [(session.uuid, *row) for session in sessions for row in session.answers]
    columns = ["unit", "clip", "first", "second", "x", "chosen"]
    source = SIMULATED_LISTENERS if sessions[0].simulated else LISTENERS
    return Choices(source, sessions[0].method, pd.DataFrame(rows, columns=columns), dropped)


def _choices(rows: Rows, method: str) -> list[tuple[str, ...]]:
    if method not in ("ab", "abx"):
        raise ValueError(f"method '{method}' has no choices")
    found: list[tuple[str, ...]] = []
    for line, row in rows:
        first, second = in_order([row[CHOICE_A], row[CHOICE_B]])
        x, chosen = row[CHOICE_X], row[CHOSEN]
        known = {first, second} if method == "abx" else {first, second, NEITHER}
        if first == second or chosen not in known or x not in (known if method == "abx" else {""}):
            raise ValueError(f"line {line} has no choice of two systems")
        found.append((row[CLIP], first, second, x, chosen))
    return found


def told_apart(choices: Choices) -> pd.DataFrame:
    """ABX: a row a pair of systems.

    Columns: source, first, second, units, trials, right, share with its exact 95 % interval
    (Clopper–Pearson; low, high), p (exact binomial, one-sided: more right than by guessing),
    p_holm (all pairs).
    """
    rows = []
    for (first, second), part in choices.table.groupby(["first", "second"], sort=False):
        right, trials = int((part["chosen"] == part["x"]).sum()), len(part)
        interval = binomtest(right, trials).proportion_ci(COVERAGE, method="exact")
        rows.append(
            {
                **{"source": choices.source, "first": first, "second": second},
                **{"units": part["unit"].nunique(), "trials": trials, "right": right},
                **{"share": right / trials, "low": interval.low, "high": interval.high},
                "p": float(binomtest(right, trials, alternative="greater").pvalue),
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"].to_numpy()))


def preferences(choices: Choices) -> pd.DataFrame:
    """AB: a row a pair of systems.

    Columns: source, first, second, units, trials, wins and losses of the first, ties (neither),
    p_binomial (two-sided sign test of pages, ties left out; takes pages for independent),
    p_wilcoxon (signed ranks of listeners' wins less losses), and of each its `_holm`.
    """
    rows = []
    for (first, second), part in choices.table.groupby(["first", "second"], sort=False):
        won = (part["chosen"] == first).astype(int) - (part["chosen"] == second).astype(int)
        wins, losses = int((won > 0).sum()), int((won < 0).sum())
        each = won.groupby(part["unit"]).mean().to_numpy(float)
        rows.append(
            {
                **{"source": choices.source, "first": first, "second": second},
                **{"units": len(each), "trials": len(part), "wins": wins, "losses": losses},
                **{"ties": len(part) - wins - losses, "p_binomial": binomial(wins, losses)},
                "p_wilcoxon": signed_rank(np.asarray(each, np.float64)),
            }
        )
    table = pd.DataFrame(rows)
    for name in ("p_binomial", "p_wilcoxon"):
        table[f"{name}_holm"] = holm(table[name].to_numpy())
    return table


def strengths(choices: Choices) -> pd.DataFrame:
    """AB: a row a system: how strong it is in a Bradley–Terry model, the mean of all being 0.

    P(first is chosen) = 1 / (1 + exp(strength of second − strength of first)); neither is half of
    each. Columns: source, system, strength, low, high (95 %, errors clustered by listener). nan
    where a system won or lost all, so that its strength has no bound, or there is one listener.
    """
    table = choices.table
    systems = in_order({*table["first"], *table["second"]})
    share = np.where(table["chosen"] == NEITHER, 0.5, table["chosen"] == table["first"])
    place = {name: index for index, name in enumerate(systems)}
    design = np.zeros((len(table), len(systems)))
    design[np.arange(len(table)), table["first"].map(place)] += 1
    design[np.arange(len(table)), table["second"].map(place)] -= 1
    centred = np.eye(len(systems))[:, 1:] - 1 / len(systems)  # strengths of sum 0 from the others
    found = np.full((len(systems), 3), np.nan)
    if _bounded(design, share) and table["unit"].nunique() > 1:
        model = sm.GLM(share, design[:, 1:], family=sm.families.Binomial())
        units = table["unit"].astype("category").cat.codes.to_numpy()
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": units})
        middle = centred @ fit.params
        reach = 1.96 * np.sqrt(np.einsum("ij,jk,ik->i", centred, fit.cov_params(), centred))
        found = np.stack([middle, middle - reach, middle + reach], axis=1)
    columns = pd.DataFrame(found, columns=["strength", "low", "high"])
    head = pd.DataFrame({"source": choices.source, "system": systems})
    return pd.concat([head, columns], axis=1)


def _bounded(design: np.ndarray, share: np.ndarray) -> bool:
    """Whether each system has won and lost something, and pairs connect all of them."""
    won = (design > 0) * share[:, None] + (design < 0) * (1 - share[:, None])
    lost = (design != 0) - won
    connected = np.linalg.matrix_rank(design) == design.shape[1] - 1
    return bool(connected and (won.sum(0) > 0).all() and (lost.sum(0) > 0).all())


def choices_tables(paths: Sequence[Path], out: Path, settings: RatingsConfig) -> None:
    """Write the folder `out`: pairs.csv, left-out.csv, summary.md, and of AB strengths.csv.

    Raises as `collect`.
    """
    choices = collect(paths)
    for left in choices.left_out:
        session = f" (session {left.session})" if left.session else ""
        print(f"left out: {left.file}{session}: {left.reason}", file=sys.stderr)
    pairs = told_apart(choices) if choices.method == "abx" else preferences(choices)
    tables = {"pairs.csv": pairs, "choices.csv": choices.table.assign(source=choices.source)}
    tables["left-out.csv"] = pd.DataFrame(
        [(left.file, left.session, left.reason) for left in choices.left_out],
        columns=["file", "session", "reason"],
    )
    if choices.method == "ab":
        tables["strengths.csv"] = strengths(choices)
    text = _summary(choices, tables, settings.level)
    with files.folder(out, "choices", paths) as folder:
        for name, table in tables.items():
            table.to_csv(folder / name, index=False, float_format="%.9g")
        (folder / "summary.md").write_text(text, encoding="utf-8")
    files.wrote(out)


def _summary(choices: Choices, tables: dict[str, pd.DataFrame], level: float) -> str:
    abx = choices.method == "abx"
    units = choices.table["unit"].nunique()
    lines = [f"# {'What is told apart' if abx else 'What is preferred'}: {units} {choices.source}"]
    if choices.source == SIMULATED_LISTENERS:
        lines += ["", "**Nobody has listened: these choices are simulated**"]
    rows = tables["pairs.csv"].to_dict("records")
    if abx:
        head = ["pair", "trials", "right", "share", "p, Holm"]
        cells = [
            [
                f"{row['first']} – {row['second']}", str(row["trials"]), str(row["right"]),
                f"{row['share']:.2f} [{row['low']:.2f}, {row['high']:.2f}]", f"{row['p_holm']:.2g}",
            ]
            for row in rows
        ]  # fmt: skip
        told = f"Told apart where p ≤ {level:g} (exact binomial, one-sided, Holm over all pairs)."
    else:
        head = ["pair", "wins", "losses", "ties", "p, Holm (listeners)"]
        cells = [
            [
                f"{row['first']} – {row['second']}", str(row["wins"]), str(row["losses"]),
                str(row["ties"]), f"{row['p_wilcoxon_holm']:.2g}",
            ]
            for row in rows
        ]  # fmt: skip
        told = (
            f"Preferred where p ≤ {level:g} (Wilcoxon's signed ranks of listeners' wins less "
            "losses, Holm over all pairs). Strengths of a Bradley–Terry model are in strengths.csv."
        )
    return "\n".join([*lines, "", markdown(head, cells), told]) + "\n"
