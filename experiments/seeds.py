"""Rows of several seeds side by side: python experiments/seeds.py results/salamander ROW …

Reads what the workflow has measured of each ROW and of its further seeds ROW-seed-2, ROW-seed-3 …
FOLDER:ROW is a row of other results of the same test clips, such as results/salamander:sparse.
Means are over clips and seeds; intervals are over performances, the seeds of a clip averaged
before, so they are about other music, and `seeds` (lowest and highest mean) is about other
trainings. Differences to --against are taken clip by clip between equal seeds. kbps are those of
the entropy coder.
"""

import argparse
from pathlib import Path

import pandas as pd

import command_line
import tables
from spiking_music.errors import DataError

QUALITIES = {"si_snr_db": "SI-SNR dB", "mel_distance": "mel distance dB", "visqol": "ViSQOL"}


def main() -> None:
    arguments = _arguments()
    other = arguments.against
    named = [*arguments.rows, *([other] if other else [])]
    measured = clips_of(arguments.results, named)
    against = measured[other] if other else None
    rows = [line(arguments.results, row, measured[row], against) for row in arguments.rows]
    tables.publish(list(rows[0]), (row.values() for row in rows), 1, arguments.out)


def line(
    results: Path, row: str, table: pd.DataFrame, against: pd.DataFrame | None
) -> dict[str, str]:
    """What the table says of `row`, whose clips `table` has."""
    of_seeds = table.groupby("seed")["si_snr_db"].mean()
    said = {
        "row": row,
        "kbps": f"{table['kbps'].mean():.2f}",
        **{heading: _mean(table, name) for name, heading in QUALITIES.items()},
        "seeds": " to ".join(f"{value:.2f}" for value in sorted({of_seeds.min(), of_seeds.max()})),
        "selective": selective(*place(results, row)),
    }
    if against is not None:
        # equal seeds only, which share their batches
        beside = table.merge(against, on=["performance", "offset", "seed"], suffixes=("", "_of"))
        for name, heading in QUALITIES.items():
            beside[name] -= beside[f"{name}_of"]
            said[f"Δ {heading}"] = _mean(beside, name, "+")
        said["of its bits"] = f"{beside['kbps'].mean() / beside['kbps_of'].mean():.0%}"
    return said


def clips_of(results: Path, rows: list[str]) -> dict[str, pd.DataFrame]:
    """The clips of each of `rows`, by its name; `DataError` where not all have as many."""
    found = {row: clips(*place(results, row)) for row in rows}
    counts = {row: len(over_seeds(table, "kbps")) for row, table in found.items()}
    first, *others = counts
    for row in others:
        if counts[row] != counts[first]:
            raise DataError(
                f"'{row}' has {counts[row]} clips that are not silent, '{first}' {counts[first]}: "
                "name rows of the same test split"
            )
    return found


def place(results: Path, row: str) -> tuple[Path, str]:
    """Folder and name of `row`: of `results`, unless it is written <folder>:<name>."""
    folder, _, name = row.rpartition(":")
    return Path(folder) if folder else results, name


def over_seeds(table: pd.DataFrame, *measures: str) -> pd.DataFrame:
    """A line each clip of `table`: its place, and the means of `measures` over seeds."""
    return table.groupby(["performance", "offset"], as_index=False)[[*measures]].mean()


def clips(results: Path, row: str) -> pd.DataFrame:
    """Clips of `row` that are not silent, a line each and seed: place, qualities and kbps."""
    found = []
    for seed, name in seeds(results, row).items():
        quality = pd.read_csv(results / "evaluation" / f"{name}.csv")
        try:
            coded = pd.read_csv(results / "storage" / f"{name}-coded.csv")
        except OSError as error:
            raise DataError(f"no coded bits of '{name}' ({error}): run the workflow") from None
        if len(coded) != len(quality):
            raise DataError(f"the coded bits of '{name}' are of other clips: run the workflow")
        quality["kbps"] = coded["kbps"]
        found.append(quality[quality["silent"] == 0].assign(seed=seed))
    return pd.concat(found)[["performance", "offset", "seed", "kbps", *QUALITIES]]


def seeds(results: Path, row: str) -> dict[int, str]:
    """Names of the runs of `row` by seed; `DataError` where there is none."""
    found = {1: row} if (results / "evaluation" / f"{row}.csv").is_file() else {}
    for path in sorted((results / "evaluation").glob(f"{row}-seed-*.csv")):
        found[int(path.stem.rpartition("-")[2])] = path.stem
    if not found:
        raise DataError(f"there is no evaluation of '{row}' in '{results}': run the workflow")
    return found


def selective(results: Path, row: str) -> str:
    """Units tuned to a note, of all: the mean over seeds; a dash where there are no events."""
    paths = [
        results / "selectivity" / f"{name}-summary.csv" for name in seeds(results, row).values()
    ]
    if not all(path.is_file() for path in paths):
        return "–"
    table = pd.concat([pd.read_csv(path) for path in paths])
    return f"{table['selective_units'].mean():.0f} of {table['units'].iloc[0]}"


def _mean(table: pd.DataFrame, name: str, sign: str = "") -> str:
    if table[name].isna().all():
        return "–"  # not measured
    each = over_seeds(table, name)
    return tables.mean(each[name], each["performance"], sign)


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "seeds.md")
    parser.add_argument("results", type=Path, help="folder of results of one data set")
    parser.add_argument("rows", nargs="+", help="rows of `variants`, or FOLDER:ROW")
    parser.add_argument("--against", help="row to subtract, or FOLDER:ROW")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
