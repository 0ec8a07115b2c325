"""Rows of several seeds side by side: python benchmarks/seeds.py results/salamander ROW …

Reads what the workflow has measured of each ROW and of its further seeds ROW-seed-2, ROW-seed-3 …
Means are over clips and seeds; intervals are over performances, the seeds of a clip averaged
before, so they are about other music, and `seeds` (lowest and highest mean) is about other
trainings. Differences to --against are taken clip by clip. kbps are those of the entropy coder.
"""

import argparse
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music import config as configuration
from spiking_music import files
from spiking_music.config import EvaluationConfig
from spiking_music.errors import DataError, SpikingMusicError
from spiking_music.evaluation.bootstrap import interval

ROOT = Path(__file__).parents[1]
RAW = configuration.read([str(ROOT / "config.yaml")])
SETTINGS = configuration.section(RAW, EvaluationConfig)
SEED = configuration.seed(RAW)
QUALITIES = {"si_snr_db": "SI-SNR dB", "mel_distance": "mel distance dB", "visqol": "ViSQOL"}


def main() -> None:
    arguments = _arguments()
    against = clips(arguments.results, arguments.against) if arguments.against else None
    rows = [line(arguments.results, row, against) for row in arguments.rows]
    headings = list(rows[0])
    lines = [headings, [":--", *["--:"] * (len(headings) - 1)], *(row.values() for row in rows)]
    text = "\n".join("| " + " | ".join(row) + " |" for row in lines)
    print(text)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic(arguments.out) as temporary:
        temporary.write_text(text + "\n")
    files.wrote(arguments.out)


def line(results: Path, row: str, against: pd.DataFrame | None) -> dict[str, str]:
    """What the table says of `row`."""
    table = clips(results, row)
    of_seeds = table.groupby("seed")["si_snr_db"].mean()
    said = {
        "row": row,
        "coded kbps": f"{table['kbps'].mean():.2f}",
        **{heading: _mean(table, name) for name, heading in QUALITIES.items()},
        "seeds": " to ".join(f"{value:.2f}" for value in sorted({of_seeds.min(), of_seeds.max()})),
        "selective": selective(results, row),
    }
    if against is not None:
        beside = table.merge(against, on=["performance", "offset", "seed"], suffixes=("", "_of"))
        for name, heading in QUALITIES.items():
            beside[name] -= beside[f"{name}_of"]
            said[f"Δ {heading}"] = _mean(beside, name, signed=True)
        said["of its bits"] = f"{table['kbps'].mean() / against['kbps'].mean():.0%}"
    return said


def clips(results: Path, row: str) -> pd.DataFrame:
    """Clips of `row` that are not silent, a line each and seed: place, qualities and kbps."""
    tables = []
    for seed, name in seeds(results, row).items():
        quality = pd.read_csv(results / "evaluation" / f"{name}.csv")
        try:
            coded = pd.read_csv(results / "storage" / f"{name}-coded.csv")
        except OSError as error:
            raise DataError(f"no coded bits of '{name}' ({error}): run the workflow") from None
        quality["kbps"] = coded["kbps"]
        tables.append(quality[quality["silent"] == 0].assign(seed=seed))
    return pd.concat(tables)[["performance", "offset", "seed", "kbps", *QUALITIES]]


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


def _mean(table: pd.DataFrame, name: str, signed: bool = False) -> str:
    if table[name].isna().all():
        return "–"  # not measured
    each = table.groupby(["performance", "offset"], as_index=False)[name].mean()
    low, high = interval(each[name], each["performance"], SETTINGS.bootstrap, SEED)
    sign = "+" if signed else ""
    return f"{np.nanmean(each[name]):{sign}.2f} [{low:{sign}.2f}, {high:{sign}.2f}]"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=next(islice(__doc__.splitlines(), 1)))
    parser.add_argument("results", type=Path, help="folder of results of one data set")
    parser.add_argument("rows", nargs="+", help="rows of `variants`")
    parser.add_argument("--against", help="row to subtract")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/seeds.md"))
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except SpikingMusicError as error:
        sys.exit(str(error))
