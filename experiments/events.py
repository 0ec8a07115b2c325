"""The picture at the top of README.md: python experiments/events.py [--out docs/images/events]

Six seconds of a generated piece: the notes that are played, and beneath them the events of the
package's MDCT codec at their frequencies. Writes <out>.png and <out>.svg.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import spiking_music
from spiking_music import config as configuration
from spiking_music.codec.events import frames_of
from spiking_music.codec.session import Codec
from spiking_music.config import DatasetConfig
from spiking_music.data.compose import compose
from spiking_music.data.demo import plan
from spiking_music.data.render import mix, open_soundfont
from spiking_music.figures import style
from spiking_music.figures.events import KEYS, points, raster, roll

ROOT = Path(__file__).parents[1]
FRAMES = 258  # 6 s


def main() -> None:
    arguments = _arguments()
    raw = configuration.read([str(ROOT / "config.yaml")])
    dataset = configuration.section(raw, DatasetConfig)
    pieces = plan(dataset.demo, configuration.seed(raw))
    piece = next(piece for piece in pieces.values() if piece.style == arguments.style)
    performance = compose(piece)
    codec = spiking_music.load()
    rate = codec.sample_rate
    font = open_soundfont(dataset.soundfont, rate)
    audio = np.concatenate([block[0] for block in mix(performance, font, 1)])
    stream = codec.encode(audio[: FRAMES * hop(codec)], rate, level=arguments.level)
    key, frame, level = events(codec, audio[: FRAMES * hop(codec)], arguments.level)
    seconds = FRAMES * hop(codec) / rate
    with style.page(arguments.out, height=92) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, sharey=True, height_ratios=[1, 1.5])
        roll(upper, performance)
        kbps = 8 * len(stream) / 1000 / seconds
        raster(lower, (frame + 0.5) * hop(codec) / rate, key, level)
        style.letter(upper, "a", "the notes that are played")
        about = f"ON and OFF events of the MDCT codec at μ = {arguments.level}, {kbps:.1f} kbps"
        style.letter(lower, "b", about)
        lower.set(xlabel="time (s)", xlim=(0, seconds), ylim=KEYS)


def events(
    codec: Codec, audio: NDArray[np.float32], level: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Key (MIDI number, a fraction), frame and quantiser level 1, 2, … of each coded coefficient.

    `audio` (n,) is at the codec's rate.
    """
    time, key, size = points(codec.events(audio, codec.sample_rate, level=level), codec.units)
    return key, frames_of(time, codec.sample_rate, hop(codec)), size


def hop(codec: Codec) -> int:
    """Samples a frame."""
    return codec.model.config.signal.hop


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default="nocturne", help="of the generated piece")
    parser.add_argument("--level", type=int, default=16, help="μ")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "events")
    return parser.parse_args()


if __name__ == "__main__":
    main()
