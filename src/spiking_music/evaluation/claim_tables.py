"""Tables of a data set → what they say to the paper's claims: claims.csv and claims.md."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson

from spiking_music import files
from spiking_music.data.onsets import CHUNK, read_onsets
from spiking_music.errors import DataError
from spiking_music.evaluation.claim_list import CLAIMS
from spiking_music.evaluation.claims import Clips, Finding, assess
from spiking_music.evaluation.tables import arrays, markdown, read, with_interval, write_text

SEED = re.compile(r"^(.+)-seed-(\d+)$")
CHEAP = 2.25  # kbps: "about 2" of claim 6
COLUMNS = (
    *("claim", "text", "measured", "criterion", "value", "low", "high"),
    *("least", "most", "seeds", "verdict"),
)
NOTE = (
    "Brackets are 95 % intervals over performances; then the range over seeds. A claim is "
    "reproduced where both lie within the criterion, not reproduced where both lie outside, and "
    "undecided otherwise (docs/claims.md)."
)


@dataclass(frozen=True)
class Sources:
    """Tables named by their variants: of `evaluate variant`, `storage-cost`, `entropy-cost`,
    `sweep` (<variant>-quality.csv) and `selectivity` (.npz, its tables beside it); and the onsets
    of the split that was evaluated, if there are notes.
    """

    evaluation: list[Path]
    storage: list[Path]
    coded: list[Path]
    controlled: list[Path]
    selectivity: list[Path]
    onsets: Path | None


def claims(sources: Sources, out: Path, resamplings: int, seed: int) -> None:
    """Write `out` (.csv), a row a claim, and the same for readers beside it (.md).

    Raises `DataError` where a table is missing or is of other clips than the others.
    """
    seeds = seed_tables(sources)
    findings = [assess(claim, seeds, resamplings, seed) for claim in CLAIMS]
    files.write_csv(pd.DataFrame([_row(finding) for finding in findings], columns=COLUMNS), out)
    write_text(claims_text(findings), out.with_suffix(".md"))


def claims_text(findings: Iterable[Finding]) -> str:
    """A Markdown table with a note below."""
    heads = ["", "claim", "statistic", "criterion", "measured", "seeds", "verdict"]
    table = markdown(heads, [_cells(finding) for finding in findings], words=4)
    return f"{table}\n{NOTE}\n"


def seed_tables(sources: Sources) -> list[Clips]:
    """A table of clips for each seed; rows without seeds of their own are those of the first."""
    columns: dict[int, dict[str, pd.Series]] = {1: {}}

    def add(stem: str, table: pd.DataFrame) -> None:
        found = SEED.match(stem)
        name, number = (found[1], int(found[2])) if found else (stem, 1)
        for column in table:
            columns.setdefault(number, {})[f"{name}.{column}"] = table[column]

    performances: pd.Series | None = None
    for path in sources.evaluation:
        table = read(path, ["performance"])
        if performances is not None and not table["performance"].equals(performances):
            raise DataError(f"table '{path}' is of other clips than '{sources.evaluation[0]}'")
        performances = table["performance"]
        add(path.stem, table[["si_snr_db", "visqol", "zimtohrli"]].dropna(axis=1, how="all"))
    if performances is None:
        raise DataError("no table of `evaluate variant` was given: there is nothing to say")
    for path in sources.storage:
        table = read(path, [], ["kbps_dense", "kbps_paper", "events"])
        add(path.stem, table[["kbps_dense", "kbps_paper", "events"]].dropna(axis=1, how="all"))
    for path in sources.coded:
        add(path.stem.removesuffix("-coded"), read(path, ["kbps"])[["kbps"]])
    for path in sources.controlled:
        add(path.stem.removesuffix("-quality"), _controlled(path, len(performances)))
    for path in sources.selectivity:
        add(path.stem, _tuned(path, len(performances)))
    shared = {"performance": performances}
    if sources.onsets is not None:
        shared["onsets"] = pd.Series(_onset_counts(sources.onsets))
    return [_table(shared | columns[1] | columns[number]) for number in sorted(columns)]


def _onset_counts(path: Path) -> NDArray[np.int64]:
    """Onsets of each clip (clips,)."""
    notes = read_onsets(path).onsets
    starts = range(0, notes.shape[0], CHUNK)
    chunks = (np.asarray(notes[start : start + CHUNK]) for start in starts)
    return np.concatenate([chunk.sum(axis=(1, 2), dtype=np.int64) for chunk in chunks])


def _table(columns: dict[str, pd.Series]) -> Clips:
    """The columns side by side; `DataError` where they are not of as many clips."""
    wanted = len(columns["performance"])
    for name, values in columns.items():
        if len(values) != wanted:
            raise DataError(
                f"column '{name}' has {len(values)} clips, the others have {wanted}: make all "
                "tables from the same clips"
            )
    return pd.DataFrame(columns)


def _controlled(path: Path, clips: int) -> pd.DataFrame:
    """What quality control made of the clips that were swept, at their places among all."""
    table = read(path, ["clip", "kbps_paper"], ["met"]).set_index("clip")
    met = table["met"].astype(float)
    cheap = met * (table["kbps_paper"] <= CHEAP)
    columns = pd.DataFrame({"controlled": met, "controlled_cheap": cheap})
    return columns.reindex(range(clips))


def _tuned(path: Path, clips: int) -> pd.DataFrame:
    """What is true of all units together, repeated for each clip."""
    summary = read(path.with_name(f"{path.stem}-summary.csv"), ["selective_units"]).iloc[0]
    found = arrays(path, ["correlation", "p_family", "lags"])
    selective = found["p_family"] <= summary["level"]
    numbers = {
        "selective_units": summary["selective_units"],
        "information_mean": summary["information_mean"],
        "octaves_by_chance": _chance(
            summary["octave_tuned_units"], summary["octave_tuned_by_chance"]
        ),
        "fifths_by_chance": _chance(summary["fifths"], summary["fifths_by_chance"]),
    }
    if selective.any():
        numbers["peak_lag"] = found["lags"][found["correlation"][selective].sum(axis=0).argmax()]
    return pd.DataFrame([numbers] * clips).astype(float)


def _chance(found: float, expected: float) -> float:
    """Probability of as many or more, if they fall at random (Poisson)."""
    return float(poisson.sf(found - 1, max(expected, 1e-9)))


def _row(finding: Finding) -> tuple[object, ...]:
    claim = finding.claim
    numbers = (finding.value, finding.low, finding.high, finding.least, finding.most)
    about = (claim.number, claim.text, claim.measured, claim.region)
    return (*about, *numbers, finding.seeds, finding.verdict)


def _cells(finding: Finding) -> list[str]:
    claim = finding.claim
    measured = with_interval(finding.value, finding.low, finding.high)
    if finding.seeds > 1:
        measured += f", seeds {finding.least:.2f} to {finding.most:.2f}"
    about = [claim.number, claim.text, claim.measured, claim.region]
    return [*about, measured, str(finding.seeds), finding.verdict]
