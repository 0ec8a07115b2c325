"""Rates of one model: `python experiments/rates.py RESULTS ROW --level 0 … | --threshold 0.6 …`.

What the workflow measures of ROW, at other levels μ than `evaluation.level`, or with another first
threshold in the encoder of multi-threshold units, to which decoders are blind. Entropy tables are
fitted to the codes of the train split: one set for all levels, as an encoder has it, and one a
threshold. A line each of bits and quality of the test split. --keep FOLDER keeps their tables of
clips there, as rows ROW-level-0 … that seeds.py and curves.py read as FOLDER:ROW-level-0.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import pandas as pd

import command_line
import tables
from spiking_music import config as configuration
from spiking_music.config import EntropyConfig, MultiThresholdConfig
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation.inference import encode_split
from spiking_music.evaluation.rates import entropy_costs, fit_tables
from spiking_music.evaluation.reconstruct import evaluate
from spiking_music.models.weights import load_weights, save_weights

CONFIG = Path(__file__).parents[1] / "config"
LONG = configuration.read(
    [str(CONFIG.with_suffix(".yaml")), str(CONFIG / "data" / "salamander.yaml")]
)
STEPS = configuration.section(LONG, EntropyConfig).steps  # as for models of long runs
SETTINGS = tables.SETTINGS


def main() -> None:
    arguments = _arguments()
    results, row = arguments.results, arguments.row
    keep, heard = arguments.keep, arguments.perceptual
    weights = results / "models" / row / "weights.safetensors"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        changed, fitted = Path(folder) / "weights.safetensors", Path(folder) / "entropy.safetensors"
        if arguments.level:
            fit(weights, results, fitted, *SETTINGS.levels)
        for level in arguments.level:
            kept = keep and (keep, f"{row}-level-{level}")
            measures = measured(weights, fitted, results, level, heard, kept)
            rows.append((row, f"{level}", *measures))
            print(*rows[-1], flush=True)
        for threshold in arguments.threshold:
            with_threshold(weights, threshold, changed)
            fit(changed, results, fitted, SETTINGS.level)
            kept = keep and (keep, f"{row}-threshold-{threshold:g}")
            measures = measured(changed, fitted, results, SETTINGS.level, heard, kept)
            rows.append((row, f"{threshold:g}", *measures))
            print(*rows[-1], flush=True)
    control = "μ" if arguments.level else "threshold"
    headings = ["row", control, "kbps", "SI-SNR dB", "mel distance dB"]
    headings += ["ViSQOL"] * heard
    tables.publish(headings, rows, 1, arguments.out)


def fit(weights: Path, results: Path, out: Path, *levels: int) -> None:
    """Entropy tables for all `levels`, fitted to the codes of the train split."""
    with tempfile.TemporaryDirectory() as folder:
        codes = Path(folder) / "codes.h5"
        encode_split(weights, shards(results, "train"), codes, SETTINGS.batch_size, *levels)
        fit_tables(codes, out, tables.SEED, STEPS)


def measured(
    weights: Path,
    fitted: Path,
    results: Path,
    level: int,
    perceptual: bool,
    keep: tuple[Path, str] | None,
) -> list[str]:
    """Coded kbps by the tables `fitted`, SI-SNR, mel distance and ViSQOL of the test split.

    `keep`: the folder and the name under which the tables of clips are kept.
    """
    settings = SETTINGS.model_copy(update={"perceptual": perceptual})
    test = shards(results, settings.split)
    with tempfile.TemporaryDirectory() as folder:
        codes, coded, quality = (
            Path(folder) / name for name in ("codes.h5", "coded.csv", "quality.csv")
        )
        encode_split(weights, test, codes, settings.batch_size, level)
        entropy_costs(codes, fitted, coded)
        beside = [shard.with_suffix(".csv") for shard in test]
        evaluate(weights, codes, test, beside, quality, settings)
        bits, heard = pd.read_csv(coded), pd.read_csv(quality)
        if keep is not None:
            store(quality, keep[0] / "evaluation" / f"{keep[1]}.csv")
            store(coded, keep[0] / "storage" / f"{keep[1]}-coded.csv")
    heard = heard.assign(kbps=bits["kbps"])
    heard = heard[heard["silent"] == 0]
    wanted = ["si_snr_db", "mel_distance", *["visqol"] * perceptual]
    means = [tables.mean(heard[name], heard["performance"]) for name in wanted]
    return [f"{heard['kbps'].mean():.2f}", *means]


def store(table: Path, place: Path) -> None:
    """Copy a table of clips to its place among results."""
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(table, place)


def with_threshold(weights: Path, threshold: float, out: Path) -> None:
    """Write the model `weights` to `out` with another first threshold."""
    model, config = load_weights(weights)
    # `model_copy` validates nothing; NaN is above nothing
    if not isinstance(config.bottleneck, MultiThresholdConfig) or not threshold > 0:
        raise ConfigError(
            f"a threshold is above 0 and of multi-threshold units, not {threshold:g} of '{weights}'"
        )
    bottleneck = config.bottleneck.model_copy(update={"first": threshold})
    save_weights(model, config.model_copy(update={"bottleneck": bottleneck}), out, {})


def shards(results: Path, split: str) -> list[Path]:
    """The clips of a split; `DataError` where there are none."""
    found = sorted((results / "clips").glob(f"{split}-*.h5"))
    if not found:
        raise DataError(f"no clips of split '{split}' in '{results}': run the workflow")
    return found


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "rates.md")
    parser.add_argument("results", type=Path, help="results of a data set: results/<name>")
    parser.add_argument("row", help="a variant that takes levels, or one of multi-threshold units")
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--level", type=int, nargs="+", default=[])
    either.add_argument("--threshold", type=float, nargs="+", default=[], help="trained with 0.5")
    parser.add_argument("--perceptual", action="store_true", help="ViSQOL besides: minutes a line")
    parser.add_argument("--keep", type=Path, help="folder for the tables of clips")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
