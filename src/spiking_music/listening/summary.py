"""The tables of ratings for people: Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

CAPTION = (
    "Winner × loser: on how many pages the row was scored above the column. Brackets: wins and "
    "losses do not differ (two-sided binomial test, Holm over all pairs, p > {level:g}). Stars: "
    "the units' means differ (Wilcoxon's signed ranks, Holm, p ≤ {level:g})."
)


def markdown(
    systems: pd.DataFrame,
    friedman: pd.DataFrame,
    comparisons: pd.DataFrame,
    notes: Sequence[str],
    level: float,
) -> str:
    """The tables of `statistics`, a chapter for each source and screening, `notes` above."""
    lines = [f"# {_title(systems)}", "", *(f"- {note}" for note in notes)]
    for (source, screening), rows in systems.groupby(["source", "screening"], sort=False):
        here = [_of(table, source, screening) for table in (friedman, comparisons)]
        lines += ["", f"## {_heading(str(source), str(screening))}", "", *_systems(rows), ""]
        lines += [f"{_friedman(row)}  " for row in here[0].to_dict("records")]
        lines += ["", *_matrix(list(rows["system"]), here[1], level)]
    return "\n".join([*lines, "", CAPTION.format(level=level)]) + "\n"


def _title(systems: pd.DataFrame) -> str:
    return "Scores of " + " and ".join(pd.unique(systems["source"]))


def _heading(source: str, screening: str) -> str:
    return source if screening == "none" else f"{source}, screened as in {screening}"


def _of(table: pd.DataFrame, source: object, screening: object) -> pd.DataFrame:
    return table[(table["source"] == source) & (table["screening"] == screening)]


def _systems(rows: pd.DataFrame) -> Iterable[str]:
    yield "| system | units | scores | median | mean |"
    yield "| :-- | --: | --: | --: | --: |"
    digits = 1 if rows["median"].max() > 5 else 2  # of 100, or of 5
    for row in rows.to_dict("records"):
        median = _interval(row["median"], row["median_low"], row["median_high"], digits)
        mean = _interval(row["mean"], row["mean_low"], row["mean_high"], digits)
        yield f"| {row['system']} | {row['units']} | {row['scores']} | {median} | {mean} |"


def _interval(value: float, low: float, high: float, digits: int) -> str:
    shown = f"{value:.{digits}f}"
    return shown if pd.isna(low) else f"{shown} [{low:.{digits}f}, {high:.{digits}f}]"


def _friedman(row: dict[Any, Any]) -> str:
    if pd.isna(row["p"]):
        return f"Friedman, systems {row['systems']} ({row['count']}): too few to test."
    return (
        f"Friedman, systems {row['systems']} ({row['count']}), {row['units']} units: "
        f"χ² = {row['statistic']:.1f}, p = {row['p']:.2g}."
    )


def _matrix(systems: list[str], rows: pd.DataFrame, level: float) -> Iterable[str]:
    cells = {}
    for row in rows.to_dict("records"):
        for pair, wins in (
            ((row["first"], row["second"]), row["wins"]),
            ((row["second"], row["first"]), row["losses"]),
        ):
            text = f"[{wins}]" if row["p_binomial_holm"] > level else str(wins)
            cells[pair] = text + ("\\*" if row["p_wilcoxon_holm"] <= level else "")
    yield "| winner × loser | " + " | ".join(systems) + " |"
    yield "| :-- |" + " --: |" * len(systems)
    for winner in systems:
        wins = [cells.get((winner, loser), "") for loser in systems]
        yield f"| {winner} | " + " | ".join(wins) + " |"
