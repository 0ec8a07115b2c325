"""Levels finer than μ = 0 of the MDCT codec, beside Opus: python experiments/finer.py FOLDER …

FOLDER has MAESTRO's layout; every KIND=PLACE of --other is a folder of stereo recordings, which are
mixed. Clips of test splits are coded by the plain quantiser, one block a clip, with the package's
post-filter, and with steps 2^(μ/8) of today's finest. Quantisers:

- shipped: 192 bins, 14 levels a bin; the package's entropy tables
- 19 levels: as many as fit into 4096 rows of a stream; tables fitted to clips of the train split
- 39 levels: which lie closer, tables fitted alike
- all bins: the same of all 512 bins

"in cells": what the post-filter adds is kept within what the quantiser says of each coefficient.
Bits are ideal ones. Clipped is the share of the coefficients' power that lies beyond the highest
level. Intervals: over performances.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import command_line
import quality
import tables
from encoders import network_of
from other_music import named_folder
from spiking_music.codec import classical
from spiking_music.codec.entropy import load_tables
from spiking_music.codec.model_folder import CodecModel, load_model
from spiking_music.config import DeadzoneConfig, MdctConfig, SignalConfig
from spiking_music.evaluation import metrics
from spiking_music.mdct.context_mixing import ContextMixing, new_state
from spiking_music.mdct.fit_context_mixing import fit_context_mixing
from spiking_music.mdct.inference.analysis import Analysis
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.inference.quantizer import Deadzone
from spiking_music.mdct.thermometer import Quantized, from_thermometer, parse_layout
from spiking_music.models.shipped import TABLES
from spiking_music.rangecoder.probabilities import bits_of
from stereo_clips import stereo_clips

NINETEEN = (*range(1, 9), 10, 12, 15, 18, 22, 27, 33, 41, 51, 64, 80)
CLOSER = (*range(1, 17), 18, 20, 22, 24, 27, 30, 33, 36, 40, 44, 48, 53, 58, 64, 70, 77, 85, 93,
          102, 112, 123, 135, 150)  # fmt: skip
SHIPPED = "shipped"
OTHERS = {"19 levels": (192, NINETEEN), "39 levels": (192, CLOSER), "all bins": (512, CLOSER)}
FITTED = 0, -6, -12, -18, -24  # μ of the codes that tables are fitted to
ROUNDS = 100  # of the fit
DOUBLING = 8  # in μ
HEADINGS = ("music", "system", "μ", "kbps", "SI-SNR dB", "mel distance dB", "in cells: SI-SNR dB",
            "mel distance dB", "clipped")  # fmt: skip
Audio = NDArray[np.float32]


class Quantiser(NamedTuple):
    """Bins and levels of a codec, and the entropy model of its codes."""

    name: str
    backbone: MdctConfig
    bottleneck: DeadzoneConfig
    mixing: ContextMixing | None


class Coded(NamedTuple):
    """A clip as it arrives."""

    audio: Audio
    within: Audio  # in cells
    bits: float
    clipped: float


class Coder:
    """The package's model with another quantiser."""

    def __init__(self, model: CodecModel, quantiser: Quantiser) -> None:
        self._network, self.mixing = network_of(model), quantiser.mixing
        self._transform = Lapped(model.config.signal.hop)
        self._analysis = Analysis(quantiser.backbone, self._transform)
        self._quantizer = Deadzone(quantiser.bottleneck)
        layout = parse_layout(quantiser.bottleneck.layout)
        assert layout is not None  # as a dead-zone quantiser has one
        self.layout, self._bins = layout, quantiser.bottleneck.bins
        backbone = model.config.backbone
        assert isinstance(backbone, MdctConfig)
        self._heard = backbone.bins  # by the post-filter

    def quantized(self, audio: Audio, mu: int) -> Quantized:
        """Levels of a clip (L,)."""
        found = from_thermometer(self._encoded(audio, mu), self.layout)
        assert found is not None  # as the quantiser made them
        return found

    def send(self, audio: Audio, mu: int) -> Coded:
        """A clip (L,), there and back."""
        assert self.mixing is not None
        z = self._encoded(audio, mu)
        quantized = from_thermometer(z, self.layout)
        assert quantized is not None
        bits = bits_of(*self.mixing.run(quantized, new_state(self._bins)))
        latent = self._quantizer.decode(z, _finer(mu))
        heard = np.concatenate([latent[:, : self._heard], latent[:, self._bins :]], axis=1)
        # the experiment's own frames of the network: of its parts only this one is learned
        sound = self._network._postfilter(heard, range(len(heard)))
        coefficients = self._transform.forward(sound)
        coefficients[:, self._heard : self._bins] = _sent_or(
            latent[:, self._heard : self._bins], coefficients[:, self._heard : self._bins]
        )
        low, high, clipped = self._cells(quantized, latent, audio, mu)
        own = coefficients[:, : self._bins]
        sign = np.sign(latent[:, : self._bins])
        kept = np.where(sign == 0, own.clip(-high, high), sign * (sign * own).clip(low, high))
        within = np.concatenate([kept, coefficients[:, self._bins :]], axis=1)
        return Coded(self._sound(coefficients), self._sound(within), bits, clipped)

    def _cells(
        self, quantized: Quantized, latent: Audio, audio: Audio, mu: int
    ) -> tuple[Audio, Audio, float]:
        """Bounds of the coefficients' sizes (T, B), and the share of power beyond the highest."""
        gain = self._quantizer.gains(latent)
        one = self._quantizer.in_steps(np.ones_like(latent), gain, _finer(mu))  # 1 in steps
        thresholds = np.concatenate([[0.0], self._quantizer.thresholds, [np.inf]])
        size = np.abs(quantized.levels.astype(int))
        low = np.asarray(thresholds[size] / one, np.float32)
        high = np.asarray(thresholds[size + 1] / one, np.float32)
        y = self._transform.forward(audio)[:, : self._bins]
        most = self._quantizer.levels[-1] / one
        beyond = np.square((np.abs(y) - most).clip(0)).sum()
        return low, high, float(beyond / np.square(audio).sum())

    def _encoded(self, audio: Audio, mu: int) -> NDArray[np.uint8]:
        return self._quantizer.encode(self._analysis(audio), _finer(mu))

    def _sound(self, coefficients: Audio) -> Audio:
        frames = np.ascontiguousarray(coefficients, np.float32)
        return self._transform.joined(self._transform.dct(frames))


def _finer(mu: int) -> float:
    return float(2 ** (-mu / DOUBLING))


def _sent_or(sent: Audio, noise: Audio) -> Audio:
    """Coefficients that were sent, and the post-filter's where none was."""
    return np.where(sent == 0, noise, sent)


def quantisers(model: CodecModel, train: Audio, names: list[str]) -> Iterator[Quantiser]:
    """Those of such names, with their tables."""
    backbone, bottleneck = model.config.backbone, model.config.bottleneck
    assert isinstance(backbone, MdctConfig) and isinstance(bottleneck, DeadzoneConfig)
    shipped = load_tables(model.path / TABLES).context_mixing
    assert shipped is not None
    if SHIPPED in names:
        yield Quantiser(SHIPPED, backbone, bottleneck, shipped.model())
    for name, (bins, levels) in OTHERS.items():
        if name not in names:
            continue
        wide = Quantiser(
            name,
            backbone.model_copy(update={"bins": bins}),
            bottleneck.model_copy(update={"bins": bins, "levels": tuple(map(float, levels))}),
            None,
        )
        coder = Coder(model, wide)
        codes = [coder.quantized(clip, mu) for clip in train for mu in FITTED]
        fitted = fit_context_mixing(codes, coder.layout, tables.SEED, ROUNDS)
        yield wide._replace(mixing=fitted.model())


def rows(
    model: CodecModel, quantiser: Quantiser, music: quality.Material, levels: list[int]
) -> Iterator[list[str]]:
    """A line for each level."""
    coder, rate = Coder(model, quantiser), model.config.signal.sample_rate
    for mu in levels:
        sent = [coder.send(clip, mu) for clip in music.clips]
        kbps = np.mean([one.bits for one in sent]) * rate / music.clips.shape[1] / 1000
        cells = [
            cell
            for audio in ([one.audio for one in sent], [one.within for one in sent])
            for cell in heard(np.stack(audio), music, rate)
        ]
        clipped = 10 * np.log10(max(np.mean([one.clipped for one in sent]), 1e-9))
        yield [music.name, quantiser.name, str(mu), f"{kbps:.2f}", *cells, f"{clipped:.0f} dB"]


def opus(music: quality.Material, rates: list[int], rate: int) -> Iterator[list[str]]:
    """A line for each bit rate."""
    for kbps in rates:
        coded = [classical.compress(clip, "opus", kbps) for clip in music.clips]
        spent = np.mean([one.kbps for one in coded])
        cells = heard(np.stack([classical.restore(one) for one in coded]), music, rate)
        yield [music.name, f"opus {kbps}", "–", f"{spent:.2f}", *cells, "–", "–", "–"]


def heard(audio: Audio, music: quality.Material, rate: int) -> list[str]:
    """SI-SNR and mel distance."""
    found = metrics.si_snr(audio, music.clips), metrics.mel_distance(audio, music.clips, rate)
    return [tables.mean(values, music.performances) for values in found]


def material(arguments: argparse.Namespace, signal: SignalConfig) -> list[quality.Material]:
    """Test clips of `folders`, and those of the stereo recordings of `other`."""
    music = [quality.split(folder, "test", arguments.every) for folder in arguments.folders]
    for word in arguments.other:
        name, place = named_folder(word)
        cut = signal.sample_rate, signal.clip_samples, arguments.recordings, 1
        clips = stereo_clips(name, place, *cut)
        music.append(quality.Material(name, clips.mixed, clips.performances))
    return music


def main() -> None:
    arguments = _arguments()
    model = load_model(arguments.model)
    signal = model.config.signal
    music = material(arguments, signal)
    train = [quality.split(folder, "train", arguments.fit_every) for folder in arguments.folders]
    found = []
    for each in music:
        for line in opus(each, arguments.kbps, signal.sample_rate):
            print(*line, flush=True)
            found.append(line)
    whole = np.concatenate([each.clips for each in train])
    for quantiser in quantisers(model, whole, arguments.quantiser):
        for each in music:
            for line in rows(model, quantiser, each, arguments.level):
                print(*line, flush=True)
                found.append(line)
    tables.publish(HEADINGS, sorted(found, key=lambda line: line[0]), 2, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "finer.md")
    command_line.add_recordings(parser)
    command_line.add_model(parser)
    parser.add_argument("--other", nargs="*", default=[], metavar="KIND=PLACE")
    parser.add_argument("--recordings", type=int, default=12, help="of a PLACE, a clip of each")
    parser.add_argument("--every", type=int, default=6, help="one clip of so many")
    parser.add_argument("--fit-every", type=int, default=30, help="the same of the train split")
    known = [SHIPPED, *OTHERS]
    parser.add_argument("--quantiser", nargs="+", choices=known, default=known)
    parser.add_argument("--level", nargs="+", type=int, default=[0, -4, -8, -12, -16, -20, -24])
    parser.add_argument("--kbps", nargs="+", type=int, default=[8, 12, 16, 24], help="of Opus")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
