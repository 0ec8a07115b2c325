"""Where the bits of an MDCT model go: python experiments/bits.py FOLDER … [--level 0 10 16].

Ideal bits a clip of the plain quantiser's codes, of a split of recordings in MAESTRO's layout: of
frame gains and spectral-envelope bands, and of the bins by frequency, with their events.
"""

import argparse
from itertools import pairwise

import numpy as np

import command_line
import quality
import tables
from encoders import network_of, refinement_of
from spiking_music.codec.model_folder import load_model
from spiking_music.mdct.context_mixing import new_state
from spiking_music.mdct.decisions import spend
from spiking_music.mdct.fit_decisions import nothing
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.rate_distortion import RateDistortion
from spiking_music.mdct.thermometer import from_thermometer
from spiking_music.rangecoder.probabilities import bits_of

EDGES = 0, 16, 32, 48, 64, 96, 128, 192
HEADINGS = ("split", "μ", "bits", "gains, bands", "events",
            *(f"bins {low}–{high - 1}" for low, high in pairwise(EDGES)))  # fmt: skip


def main() -> None:
    arguments = _arguments()
    model = load_model(arguments.model)
    network, refinement = network_of(model), refinement_of(model, nothing())
    rows = []
    for folder in arguments.folders:
        material = quality.split(folder, arguments.split, arguments.every)
        for level in arguments.level:
            rows.append((material.name, str(level), *shares(network, refinement, material, level)))
    tables.publish(HEADINGS, rows, 1, arguments.out)


def shares(
    network: MdctNetwork, refinement: RateDistortion, material: quality.Material, level: int
) -> list[str]:
    """Bits a clip in the order of the headings, and bits an event."""
    mixing, total = refinement.mixing, 0.0
    bins = mixing.layout.bins
    by_bin, events = np.zeros(bins), np.zeros(bins)
    for clip in material.clips:
        quantized = from_thermometer(
            network.encode(clip[None], np.array([level]))[0], mixing.layout
        )
        assert quantized is not None  # as the quantiser made them
        spent = np.empty(quantized.levels.shape, np.float32)
        spend(quantized.levels, refinement.model, new_state(bins), spent)
        total += bits_of(*mixing.run(quantized, new_state(bins)))
        by_bin += spent.sum(axis=0)
        events += np.count_nonzero(quantized.levels, axis=0)
    count, starts = len(material.clips), EDGES[:-1]
    parts, fired = (np.add.reduceat(values, starts) for values in (by_bin, events))
    words = [
        f"{part / count:.0f} ({part / max(1, n):.1f} an event)"
        for part, n in zip(parts, fired, strict=True)
    ]
    side = (total - by_bin.sum()) / count
    return [f"{total / count:.0f}", f"{side:.0f}", f"{events.sum() / count:.0f}", *words]


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "bits.md")
    command_line.add_coding(parser, "validation")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
