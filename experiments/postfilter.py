"""Training of an MDCT model's post-filter on decided codes: experiments/postfilter.py CLIPS …

As `spiking-music train variant`, but the codes are those of the codec's encoder, which weighs bits
against error (docs/variants.md), as it is in the folder `--model`; only what decodes them is
learned. CLIPS: shards of the train and validation splits (config/experiments/decided.yaml).
"""

import argparse
from functools import partial
from pathlib import Path

import command_line
from encoders import network_of, refinement_of
from spiking_music import config as configuration
from spiking_music.codec.model_folder import load_model
from spiking_music.data.clip_dataset import split_of
from spiking_music.mdct.decided import Decided
from spiking_music.mdct.rate_distortion import load_ahead
from spiking_music.models.shipped import DECISIONS
from spiking_music.training.loop import train


def main() -> None:
    """Train, or resume."""
    arguments = _arguments()
    raw = configuration.read([*map(str, arguments.config)])
    model = load_model(arguments.model)
    refinement = refinement_of(model, load_ahead(model.path / DECISIONS))
    shards = {split: [path for path in arguments.clips if split_of(path) == split]
              for split in ("train", "validation")}  # fmt: skip
    out = arguments.out
    train(
        configuration.variant(raw, arguments.variant),
        shards["train"],
        shards["validation"],
        out / "weights.safetensors",
        out / "log.csv",
        out / "checkpoints",
        partial(Decided, network=network_of(model), refinement=refinement),
    )


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "postfilter")
    parser.add_argument("clips", nargs="+", type=Path, help="HDF5 shards")
    parser.add_argument("--config", action="append", type=Path, required=True, help="in layers")
    parser.add_argument("--variant", default="mdct-mu")
    command_line.add_model(parser)
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
