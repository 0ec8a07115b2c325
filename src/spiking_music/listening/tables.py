"""The tables of ratings, the same for listeners and for metrics, as one folder."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from spiking_music import files
from spiking_music.config import RatingsConfig
from spiking_music.listening import statistics
from spiking_music.listening.pages import Pages
from spiking_music.listening.summary import markdown

SCORES, SYSTEMS, FRIEDMAN, COMPARISONS = (
    f"{name}.csv" for name in ("scores", "systems", "friedman", "comparisons")
)


def write(
    pages: Sequence[Pages],
    notes: Sequence[str],
    others: Mapping[str, pd.DataFrame],
    out: Path,
    settings: RatingsConfig,
    seed: int,
    verb: str,
    inputs: Iterable[Path] = (),
) -> None:
    """Write the folder `out` as `verb`, which reads `inputs`; whole or not at all.

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
    text = markdown(joined[SYSTEMS], joined[FRIEDMAN], joined[COMPARISONS], notes, settings.level)
    with files.folder(out, verb, inputs) as folder:
        for name, table in {**joined, **others}.items():
            table.to_csv(folder / name, index=False, float_format="%.9g")
        (folder / "summary.md").write_text(text, encoding="utf-8")
    files.wrote(out)
