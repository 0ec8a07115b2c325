"""One model of many rates: `python benchmarks/levels.py RESULTS ROW [--levels 0 --levels 8 …]`.

What the workflow measures of ROW at `evaluation.level`, at each of the levels: entropy tables
fitted to the codes of the train split there, bits and quality of the test split. A line a level.
"""

import argparse
import sys
import tempfile
from itertools import islice
from pathlib import Path

import pandas as pd

import tables
from spiking_music.errors import DataError, SpikingMusicError
from spiking_music.evaluation.coded import coded_storage, fit_tables
from spiking_music.evaluation.coding import encode_split
from spiking_music.evaluation.reconstruct import evaluate

HEADINGS = ("row", "μ", "coded kbps", "SI-SNR dB", "mel distance dB")
LONG = {"perceptual": False, "entropy_steps": 600}  # as for models of long runs
SETTINGS = tables.SETTINGS.model_copy(update=LONG)


def main() -> None:
    arguments = _arguments()
    rows = []
    for level in arguments.levels or SETTINGS.levels:
        rows.append(line(arguments.results, arguments.row, level))
        print(*rows[-1], flush=True)
    tables.publish(HEADINGS, rows, 1, arguments.out)


def line(results: Path, row: str, level: int) -> tuple[str, ...]:
    """A line of the table."""
    weights = results / "models" / row / "weights.safetensors"
    return row, f"{level}", *measured(weights, results, level)


def measured(weights: Path, results: Path, level: int) -> tuple[str, str, str]:
    """Coded kbps, SI-SNR and mel distance of the test split, by tables of the train split."""
    train, test = shards(results, "train"), shards(results, SETTINGS.split)
    with tempfile.TemporaryDirectory() as folder:
        codes, fitted, coded, quality = (
            Path(folder) / name for name in ("codes.h5", "tables", "coded.csv", "quality.csv")
        )
        encode_split(weights, train, codes, SETTINGS.batch_size, level)
        fit_tables(codes, fitted, tables.SEED, SETTINGS.entropy_steps)
        encode_split(weights, test, codes, SETTINGS.batch_size, level)
        coded_storage(codes, fitted, coded)
        beside = [shard.with_suffix(".csv") for shard in test]
        evaluate(weights, codes, test, beside, quality, SETTINGS)
        bits, heard = pd.read_csv(coded), pd.read_csv(quality)
    heard = heard.assign(kbps=bits["kbps"])
    heard = heard[heard["silent"] == 0]
    return (
        f"{heard['kbps'].mean():.2f}",
        tables.mean(heard["si_snr_db"], heard["performance"]),
        tables.mean(heard["mel_distance"], heard["performance"]),
    )


def shards(results: Path, split: str) -> list[Path]:
    """The clips of a split; `DataError` where there are none."""
    found = sorted((results / "clips").glob(f"{split}-*.h5"))
    if not found:
        raise DataError(f"no clips of split '{split}' in '{results}': run the workflow")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=next(islice(__doc__.splitlines(), 1)))
    parser.add_argument("results", type=Path, help="results of a data set: results/<name>")
    parser.add_argument("row", help="a variant that takes levels")
    parser.add_argument("--levels", type=int, action="append", help="a level; evaluation.levels")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/levels.md"))
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except SpikingMusicError as error:
        sys.exit(f"error: {error}")
