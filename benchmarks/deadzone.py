"""Graded units that fire less: `python benchmarks/deadzone.py RESULTS ROW THRESHOLD …`.

The weights are what they are; only the encoder's first threshold is another one, and the entropy
tables are fitted again to the codes of the train split. Writes a line a threshold.
"""

import argparse
import sys
import tempfile
from itertools import islice
from pathlib import Path

import levels
import tables
from spiking_music.config import GradedConfig
from spiking_music.errors import ConfigError, SpikingMusicError
from spiking_music.model.weights import load_weights, save_weights

HEADINGS = ("row", "threshold", *levels.HEADINGS[2:])


def main() -> None:
    arguments = _arguments()
    weights = arguments.results / "models" / arguments.row / "weights.safetensors"
    rows = []
    for threshold in arguments.thresholds:
        with tempfile.TemporaryDirectory() as folder:
            changed = Path(folder) / "weights.safetensors"
            with_threshold(weights, threshold, changed)
            measured = levels.measured(changed, arguments.results, 0)
        rows.append((arguments.row, f"{threshold:g}", *measured))
        print(*rows[-1], flush=True)
    tables.publish(HEADINGS, rows, 1, arguments.out)


def with_threshold(weights: Path, threshold: float, out: Path) -> None:
    """Write the model `weights` to `out` with another first threshold."""
    model, config = load_weights(weights)
    if not isinstance(config.bottleneck, GradedConfig):
        raise ConfigError(f"'{weights}' has no graded units: choose another row")
    bottleneck = config.bottleneck.model_copy(update={"threshold": threshold})
    save_weights(model, config.model_copy(update={"bottleneck": bottleneck}), out, {})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=next(islice(__doc__.splitlines(), 1)))
    parser.add_argument("results", type=Path, help="results of a data set: results/<name>")
    parser.add_argument("row", help="a variant with graded units")
    parser.add_argument("thresholds", type=float, nargs="+", help="0.5: as it was trained")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/deadzone.md"))
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except SpikingMusicError as error:
        sys.exit(f"error: {error}")
