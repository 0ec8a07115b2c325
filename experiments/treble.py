"""The octave above 11 kHz as a few bands' power: python experiments/treble.py KIND=FOLDER …

Recordings at 44.1 kHz or more. The transform of twice the frame (1024 samples at 44.1 kHz) has the
codec's bins as its lower half; the power of bands of its upper half is rounded as the codec rounds
its spectral envelope (6 dB, for 46 ms), and noise of that power is put there. Bits: what one block
a clip costs more with these bands behind the codec's own, whose probabilities are fitted to other
recordings; each third recording is measured. Distance: mean of |difference| in dB of `BANDS` equal
bands from 11 to 20 kHz. The low half is the original's.
"""

import argparse
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

import command_line
import tables
from encoders import network_of
from other_music import named_folder
from spiking_music.codec.entropy import load_tables
from spiking_music.codec.model_folder import CodecModel, load_model
from spiking_music.config import DeadzoneConfig
from spiking_music.evaluation import metrics
from spiking_music.mdct.context_mixing import ContextMixing, ContextMixingTables, new_state
from spiking_music.mdct.fit_transitions import fit_transitions
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.thermometer import Quantized, from_thermometer, parse_layout
from spiking_music.models.shipped import TABLES
from spiking_music.rangecoder.probabilities import bits_of
from stereo_clips import StereoClips, stereo_clips

HOP, RATE = 1024, 44_100
EDGES = {  # bins of 21.5 Hz
    "one band": (512, 1024),
    "two bands": (512, 704, 1024),
    "four bands": (512, 592, 704, 840, 1024),
}
BANDS, LOW, HIGH, FLOOR = 12, 11_025, 20_000, 1e-5
HELD_OUT = 3
HEADINGS = ("music", "above 11 kHz", "kbps", "distance dB", "power re all, dB",
            "coefficients beyond the dead zone at μ = 0")  # fmt: skip
Audio = NDArray[np.float32]


class Envelope:
    """Powers of bands ↔ levels, as `Deadzone`."""

    def __init__(self, config: DeadzoneConfig, edges: tuple[int, ...]) -> None:
        self._config, self._edges = config, edges

    def levels(self, coefficients: Audio) -> NDArray[np.int16]:
        """Of coefficients (T, HOP), (⌈T / held⌉, bands)."""
        starts = np.arange(0, len(coefficients), self._config.envelope_frames)
        counts = np.diff(starts, append=len(coefficients))
        powers = [
            np.add.reduceat(np.square(coefficients[:, low:high]).mean(axis=1), starts) / counts
            for low, high in pairwise(self._edges)
        ]
        level = np.log2(np.maximum(np.stack(powers, axis=1), 1e-18)) / self._config.envelope_step
        highest = self._config.envelope_levels
        return np.rint(level + highest - 1).clip(0, highest).astype(np.int16)

    def noise(self, levels: NDArray[np.int16], frames: int) -> Audio:
        """Coefficients (T, HOP) of that power above the codec's bins; none below."""
        config, made = self._config, np.zeros((frames, HOP), np.float32)
        power = 2.0 ** ((levels - config.envelope_levels + 1) * config.envelope_step)
        size = np.sqrt(np.where(levels > 0, power, 0)).repeat(config.envelope_frames, axis=0)
        draw = np.random.default_rng(tables.SEED)
        for band, (low, high) in enumerate(pairwise(self._edges)):
            made[:, low:high] = size[:frames, band, None] * draw.normal(size=(frames, high - low))
        return made


def quantized(model: CodecModel, music: StereoClips, level: int) -> list[Quantized]:
    """Of the lower half of clips at 44.1 kHz."""
    network, config = network_of(model), model.config.bottleneck
    assert isinstance(config, DeadzoneConfig)
    layout = parse_layout(config.layout)
    transform, half = Lapped(HOP), Lapped(HOP // 2)
    assert layout is not None
    found = []
    for clip in music.mixed:
        low = np.ascontiguousarray(transform.forward(clip)[:, : HOP // 2])
        sound = half.joined(half.dct(low)) / np.float32(np.sqrt(2))  # the level of half the rate
        codes = from_thermometer(network.encode(sound[None], np.array([level]))[0], layout)
        assert codes is not None  # as the quantiser made them
        found.append(codes)
    return found


def spent(model: CodecModel, train: list[Quantized], test: list[Quantized]) -> NDArray[np.float64]:
    """Bits of each clip of `test`, bands' probabilities being fitted to `train`."""
    shipped = load_tables(model.path / TABLES).context_mixing
    assert isinstance(shipped, ContextMixingTables)
    layout = shipped.model().layout._replace(bands=train[0].envelope.shape[1])
    numbers = np.array(layout, np.int32)
    mixing = ContextMixing(
        ContextMixingTables(numbers, fit_transitions(train, layout), shipped.net)
    )
    return np.array([bits_of(*mixing.run(one, new_state(layout.bins))) for one in test])


def distance(made: Audio, wanted: Audio) -> NDArray[np.float64]:
    """Of clips (C, L), (C,)."""
    levels = []
    for audio in (made, wanted):
        frames = np.lib.stride_tricks.sliding_window_view(audio, 2 * HOP, axis=1)[:, :: HOP // 2]
        size = np.abs(np.fft.rfft(frames * np.hanning(2 * HOP))) * (2 / HOP)
        edges = np.linspace(LOW, HIGH, BANDS + 1) * 2 * HOP / RATE
        power = np.add.reduceat(np.square(size), edges.astype(int), axis=2)[..., :BANDS]
        levels.append(10 * np.log10(power + FLOOR**2))
    return np.abs(levels[0] - levels[1]).mean(axis=(1, 2))


def rows(model: CodecModel, music: StereoClips, level: int) -> list[list[str]]:
    """A line for each way."""
    config = model.config.bottleneck
    assert isinstance(config, DeadzoneConfig)
    transform, test = Lapped(HOP), music.performances % HELD_OUT == 1
    low = quantized(model, music, level)
    all_coefficients = [transform.forward(clip) for clip in music.mixed]
    wanted, owners = music.mixed[test], music.performances[test]
    share = [np.square(each[:, 512:]).sum() / np.square(each).sum() for each in all_coefficients]
    steps = config.step_size * (1 + np.arange(HOP) / config.weighting_knee) ** -config.weighting
    beyond = np.mean([_beyond(each, steps, config.threshold) for each in all_coefficients])
    facts = [f"{10 * np.log10(np.mean(share)):.0f}", f"{100 * beyond:.2f} %"]
    base = spent(model, *_split(low, test))
    to_kbps = RATE / music.clips.shape[2] / 1000
    silent = [_without(each) for each, mine in zip(all_coefficients, test, strict=True) if mine]
    made = np.stack([transform.joined(transform.dct(each)) for each in silent])
    cells = [f"0 of {to_kbps * base.mean():.2f}", tables.mean(distance(made, wanted), owners)]
    found = [[music.name, "nothing", *cells, *facts]]
    for name, edges in EDGES.items():
        envelope = Envelope(config, edges)
        levels = [envelope.levels(each) for each in all_coefficients]
        longer = [
            one._replace(envelope=np.concatenate([one.envelope, more], axis=1))
            for one, more in zip(low, levels, strict=True)
        ]
        more = to_kbps * (spent(model, *_split(longer, test)) - base)
        noise = [envelope.noise(each, len(all_coefficients[0])) for each in levels]
        sound = [a + b for a, b in zip(silent, np.array(noise)[test], strict=True)]
        made = np.stack([transform.joined(transform.dct(each.astype("f4"))) for each in sound])
        cells = [tables.mean(more, owners), tables.mean(distance(made, wanted), owners)]
        found.append([music.name, name, *cells, *facts])
    return found


def _split(
    clips: list[Quantized], test: NDArray[np.bool_]
) -> tuple[list[Quantized], list[Quantized]]:
    """Those that are fitted to, and those that are measured."""
    train = [clip for clip, mine in zip(clips, test, strict=True) if not mine]
    return train, [clip for clip, mine in zip(clips, test, strict=True) if mine]


def _beyond(coefficients: Audio, steps: NDArray, threshold: float) -> float:
    """The share of coefficients above 11 kHz that a level would be sent of at μ = 0."""
    power = np.square(coefficients).mean(axis=1)
    rms = np.sqrt(np.convolve(power, np.ones(25) / 25, "same"))[:, None]
    return float((np.abs(coefficients) > threshold * steps * rms)[:, HOP // 2 :].mean())


def _without(coefficients: Audio) -> Audio:
    low = coefficients.copy()
    low[:, HOP // 2 :] = 0
    return low


def main() -> None:
    arguments = _arguments()
    model = load_model(arguments.model)
    found = []
    for word in arguments.kinds:
        samples = 2 * model.config.signal.clip_samples
        place = RATE, samples, arguments.recordings, arguments.each
        music = stereo_clips(*named_folder(word), *place)
        assert metrics.level_dbfs(music.mixed).min() > tables.SETTINGS.silence_dbfs
        found += rows(model, music, arguments.level)
        print(*found[-len(EDGES) - 1 :], sep="\n", flush=True)
    tables.publish(HEADINGS, found, 2, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "treble.md")
    parser.add_argument("kinds", nargs="+", metavar="KIND=FOLDER")
    command_line.add_model(parser)
    parser.add_argument("--recordings", type=int, default=24, help="a kind at most")
    parser.add_argument("--each", type=int, default=2, help="clips of a recording")
    parser.add_argument("--level", type=int, default=10, help="μ of the lower half")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
