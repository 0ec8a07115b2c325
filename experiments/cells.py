"""A post-filter kept within what the codes say: python experiments/cells.py FOLDER …

The package's streams, as its encoder makes them (rate–distortion), decoded as they are, and with
every coded coefficient of the sound brought into the interval that its level means, widened by a
margin in steps, as the encoder does not always take the nearest level. A decoder can do that with
what it has. FOLDER has MAESTRO's layout (test split); --other are folders of stereo recordings,
which are mixed. Intervals: over performances.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import command_line
import quality
import tables
from finer import material
from spiking_music.config import DeadzoneConfig
from spiking_music.evaluation import metrics
from spiking_music.mdct.inference.quantizer import Deadzone
from spiking_music.mdct.thermometer import from_thermometer
from stereo import Coder

HEADINGS = ("music", "μ", "margin, steps", "SI-SNR dB", "mel distance dB", "to as it is, SI-SNR",
            "mel distance")  # fmt: skip
Audio = NDArray[np.float32]


class Bounded:
    """Decoded sound ↔ what its codes allow."""

    def __init__(self, coder: Coder) -> None:
        config = coder.model.config.bottleneck
        assert isinstance(config, DeadzoneConfig)  # as `Coder` has checked
        self._coder, self._config, self._quantizer = coder, config, Deadzone(config)

    def __call__(self, audio: Audio, codes: NDArray[np.uint8], level: int, margin: float) -> Audio:
        """Sound (L,) decoded of codes (N, T) at a level μ."""
        bins, transform = self._config.bins, self._coder.transform
        finer = float(2 ** (-level / self._coder.doubling))
        latent = self._quantizer.decode(codes, finer)
        quantized = from_thermometer(codes, self._coder.layout)
        assert quantized is not None  # as an encoder made them
        gain = self._quantizer.gains(latent)
        one = self._quantizer.in_steps(np.ones_like(latent), gain, finer)  # 1 in steps
        thresholds = np.concatenate([[0.0], self._quantizer.thresholds, [np.inf]])
        size = np.abs(quantized.levels.astype(int))
        low = np.maximum(thresholds[size] - margin, 0) / one
        high = (thresholds[size + 1] + margin) / one
        coefficients = transform.forward(audio)
        own, sign = coefficients[:, :bins], np.sign(quantized.levels)
        kept = np.where(sign == 0, own.clip(-high, high), sign * (sign * own).clip(low, high))
        coefficients[:, :bins] = kept
        return transform.joined(transform.dct(coefficients))


def rows(
    coder: Coder, music: quality.Material, levels: list[int], margins: list[float]
) -> Iterator[list[str]]:
    """A line for each level and margin, and for the sound as it is."""
    bounded, rate = Bounded(coder), coder.model.config.signal.sample_rate

    def measured(audio: list[Audio]) -> list[NDArray[np.float64]]:
        made = np.stack(audio)
        found = metrics.si_snr(made, music.clips), metrics.mel_distance(made, music.clips, rate)
        return list(found)

    for level in levels:
        codes = [coder.decided(clip, level) for clip in music.clips]
        plain = [coder.decode(z, level) for z in codes]
        before = measured(plain)
        cells = [tables.mean(values, music.performances) for values in before]
        yield [music.name, str(level), "as it is", *cells, "–", "–"]
        for margin in margins:
            kept = [bounded(*pair, level, margin) for pair in zip(plain, codes, strict=True)]
            after = measured(kept)
            cells = [tables.mean(values, music.performances) for values in after]
            changes = [
                tables.mean(new - old, music.performances, sign="+")
                for new, old in zip(after, before, strict=True)
            ]
            yield [music.name, str(level), f"{margin:g}", *cells, *changes]


def main() -> None:
    arguments = _arguments()
    coder = Coder(arguments.model)
    found = []
    for music in material(arguments, coder.model.config.signal):
        for line in rows(coder, music, arguments.level, arguments.margin):
            print(*line, flush=True)
            found.append(line)
    tables.publish(HEADINGS, found, 3, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "cells.md")
    command_line.add_recordings(parser)
    command_line.add_model(parser)
    parser.add_argument("--other", nargs="*", default=[], metavar="KIND=PLACE")
    parser.add_argument("--recordings", type=int, default=12, help="of a PLACE, a clip of each")
    parser.add_argument("--every", type=int, default=6, help="one clip of so many")
    parser.add_argument("--level", nargs="+", type=int, default=command_line.LEVELS, help="μ")
    parser.add_argument("--margin", nargs="+", type=float, default=[0.0, 0.5])
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
