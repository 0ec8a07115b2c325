"""The picture at the top of README.md: python experiments/events.py [--out docs/images/events]

Six seconds of a generated piece: the notes that are played, and beneath them the events of the
package's MDCT codec at their frequencies. Writes <out>.png and <out>.svg.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import spiking_music
from spiking_music import config as configuration
from spiking_music.codec.session import Codec
from spiking_music.config import DatasetConfig
from spiking_music.data.compose import compose
from spiking_music.data.demo import plan
from spiking_music.data.performance import Performance
from spiking_music.data.render import mix, open_soundfont
from spiking_music.figures import style

ROOT = Path(__file__).parents[1]
FRAMES = 258  # 6 s
KEYS = (29, 108)  # MIDI numbers shown, F1 to C8
OCTAVES = range(36, KEYS[1] + 1, 12)


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

    `audio` (n,) is at the codec's rate and whole frames long. The package's model codes `bins` MDCT
    coefficients a frame: rows of ON units, OFF units, then units of the higher levels.
    """
    bins = codec.model.config.bottleneck.bins
    z = codec.model.network.encode(audio[None], np.array([level]))[0]  # (N, T)
    on, off = z[:bins], z[bins : 2 * bins]
    higher = len(z) // bins - 2  # levels; the rows of gain and bands are fewer than the bins
    levels = on + off + z[2 * bins : (2 + higher) * bins].reshape(higher, bins, -1).sum(axis=0)
    coded, frame = np.nonzero(on | off)
    hertz = (coded + 0.5) * codec.sample_rate / (2 * hop(codec))
    return 69 + 12 * np.log2(hertz / 440), frame, levels[coded, frame].astype(np.int64)


def hop(codec: Codec) -> int:
    """Samples a frame."""
    return codec.model.config.signal.hop


def roll(axes: Axes, performance: Performance) -> None:
    """A bar for each note, from its onset to its release."""
    length = performance.stop - performance.start
    axes.barh(
        performance.pitch, length, 1.6, performance.start,
        color=style.INK, edgecolor="white", linewidth=0.6,
    )  # fmt: skip
    axes.set_yticks(list(OCTAVES), [f"C{note // 12 - 1}" for note in OCTAVES])
    axes.set_ylabel("key")
    axes.grid(axis="y")


def raster(
    axes: Axes, time: NDArray[np.float64], key: NDArray[np.float64], level: NDArray[np.int64]
) -> None:
    """A dot for each coded coefficient, larger for higher quantiser levels."""
    axes.scatter(time, key, s=1.0 + 0.9 * level, color="#009988", linewidth=0, alpha=0.8)
    axes.set_ylabel("frequency, as key")
    axes.grid(axis="y")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default="nocturne", help="of the generated piece")
    parser.add_argument("--level", type=int, default=16, help="μ")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "events")
    return parser.parse_args()


if __name__ == "__main__":
    main()
