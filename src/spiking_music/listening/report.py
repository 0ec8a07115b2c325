"""The tables of ratings, the same for listeners and for metrics, as one folder, and as Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from spiking_music import files
from spiking_music.config import RatingsConfig
from spiking_music.evaluation.tables import markdown, with_interval
from spiking_music.listening import statistics
from spiking_music.listening.scores import Pages

SCORES, SYSTEMS, FRIEDMAN, COMPARISONS = (
    f"{name}.csv" for name in ("scores", "systems", "friedman", "comparisons")
)


@dataclass(frozen=True)
class Folder:
    """The folder `path`, as `verb` writes it, which reads the files `inputs`."""

    path: Path
    verb: str
    inputs: Iterable[Path] = ()


def write(
    pages: Sequence[Pages],
    notes: Sequence[str],
    others: Mapping[str, pd.DataFrame],
    out: Folder,
    settings: RatingsConfig,
    seed: int,
) -> None:
    """Write the folder `out`, whole or not at all.

    scores.csv (`Pages.table`), systems.csv, friedman.csv and comparisons.csv (`statistics`), with
    the rows of each of `pages`; the tables `others` by name; summary.md for people, which begins
    with `notes`.
    """
    tables = {
        SCORES: [each.table() for each in pages],
        SYSTEMS: [statistics.estimates(each, settings.resamplings, seed) for each in pages],
        FRIEDMAN: [statistics.friedman(each) for each in pages],
        COMPARISONS: [statistics.comparisons(each) for each in pages],
    }
    joined = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    text = summary_text(
        joined[SYSTEMS], joined[FRIEDMAN], joined[COMPARISONS], notes, settings.level
    )
    with files.folder(out.path, out.verb, out.inputs) as folder:
        for name, table in {**joined, **others}.items():
            table.to_csv(folder / name, index=False, float_format="%.9g")
        (folder / "summary.md").write_text(text, encoding="utf-8")
    files.wrote(out.path)


CAPTION = (
    "Winner × loser: on how many pages the row was scored above the column. Brackets: wins and "
    "losses do not differ (two-sided binomial test, Holm over all pairs, p > {level:g}). Stars: "
    "the units' means differ (Wilcoxon's signed ranks, Holm, p ≤ {level:g})."
)


def summary_text(
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
        lines += ["", f"## {_heading(str(source), str(screening))}", "", _systems(rows)]
        lines += [f"{_friedman(row)}  " for row in here[0].to_dict("records")]
        lines += ["", _matrix(list(rows["system"]), here[1], level).rstrip("\n")]
    return "\n".join([*lines, "", CAPTION.format(level=level)]) + "\n"


def _title(systems: pd.DataFrame) -> str:
    return "Scores of " + " and ".join(pd.unique(systems["source"]))


def _heading(source: str, screening: str) -> str:
    return source if screening == "none" else f"{source}, screened as in {screening}"


def _of(table: pd.DataFrame, source: object, screening: object) -> pd.DataFrame:
    return table[(table["source"] == source) & (table["screening"] == screening)]


def _systems(table: pd.DataFrame) -> str:
    digits = 1 if table["median"].max() > 5 else 2  # of 100, or of 5
    rows = [
        [
            str(row["system"]),
            str(row["units"]),
            str(row["scores"]),
            *(
                with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"], digits)
                for name in ("median", "mean")
            ),
        ]
        for row in table.to_dict("records")
    ]
    return markdown(["system", "units", "scores", "median", "mean"], rows)


def _friedman(row: dict[Any, Any]) -> str:
    if pd.isna(row["p"]):
        return f"Friedman, systems {row['systems']} ({row['count']}): too few to test."
    return (
        f"Friedman, systems {row['systems']} ({row['count']}), {row['units']} units: "
        f"χ² = {row['statistic']:.1f}, p = {row['p']:.2g}."
    )


def _matrix(systems: list[str], pairs: pd.DataFrame, level: float) -> str:
    cells = {}
    for row in pairs.to_dict("records"):
        for pair, wins in (
            ((row["first"], row["second"]), row["wins"]),
            ((row["second"], row["first"]), row["losses"]),
        ):
            text = f"[{wins}]" if row["p_binomial_holm"] > level else str(wins)
            cells[pair] = text + ("\\*" if row["p_wilcoxon_holm"] <= level else "")
    rows = [[winner, *(cells.get((winner, loser), "") for loser in systems)] for winner in systems]
    return markdown(["winner × loser", *systems], rows)
