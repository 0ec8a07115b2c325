"""What two channels cost with a mono codec: python experiments/stereo.py KIND=FOLDER …

Clips of stereo recordings are coded as two signals by the package's MDCT model (or --model), each
as the codec codes mono: left and right; mid and side; principal and residual of a rotation that
follows each band for `SEGMENT` frames; side less what the decoded mid predicts of it in each band.
Bits are ideal ones of one block a clip, with the parameters of bands. They are compared with those
of the channels' mean, coded alike, at the level where its SI-SNR is the mean SI-SNR of the two
decoded channels: the logarithm of its rate is linear between levels. Intervals: over recordings.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import command_line
import tables
from encoders import network_of, refinement_of
from other_music import named_folder
from spiking_music.codec.model_folder import load_model
from spiking_music.config import StepSizeConfig
from spiking_music.evaluation import metrics
from spiking_music.evaluation.bootstrap import interval
from spiking_music.mdct.context_mixing import new_state
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.rate_distortion import load_ahead
from spiking_music.mdct.thermometer import Layout, from_thermometer
from spiking_music.models.shipped import DECISIONS
from spiking_music.rangecoder.probabilities import bits_of
from stereo_clips import StereoClips, stereo_clips

SEGMENT = 128  # frames, 3 s
EDGES = (0, 8, 16, 24, 32, 48, 64, 96, 128, 192, 320, 512)  # bins of bands, of 21.5 Hz
PARAMETER_BITS = 5  # of an angle, or of a coefficient of prediction
SILENT = 1e-8  # power relative to the other channel below which the second is nothing
HEADINGS = ("music", "scheme", "μ", "kbps", "SI-SNR a channel, dB", "mel distance dB",
            "of mono's bits")  # fmt: skip
Audio = NDArray[np.float32]


class Sent(NamedTuple):
    """A signal as it arrives, (L,), and its bits."""

    audio: Audio
    bits: float


class Coder:
    """The mono codec of a model folder, one block a clip."""

    def __init__(self, folder: Path | None) -> None:
        self.model = load_model(folder)
        self._network = network_of(self.model)
        self._refinement = refinement_of(self.model, load_ahead(self.model.path / DECISIONS))
        conditioning = self.model.config.conditioning
        assert isinstance(conditioning, StepSizeConfig)  # as all models with `DECISIONS` have
        self.highest, self.doubling = conditioning.levels - 1, conditioning.doubling
        self.transform = Lapped(self.model.config.signal.hop)

    def send(self, audio: Audio, level: int) -> Sent:
        """At a level μ; above the highest, nothing is sent."""
        if level > self.highest:
            return Sent(np.zeros_like(audio), 0.0)
        level = max(level, 0)  # the finest there is
        z = self.decided(audio, level)
        mixing = self._refinement.mixing
        quantized = from_thermometer(z, mixing.layout)
        assert quantized is not None  # as the quantiser made them
        bits = bits_of(*mixing.run(quantized, new_state(mixing.layout.bins)))
        return Sent(self.decode(z, level), bits)

    def decided(self, audio: Audio, level: int) -> NDArray[np.uint8]:
        """Events (N, T) as the encoder chooses them."""
        mu, latents = np.array([level]), self._network.latents(audio[None])
        plain = self._network.codes_at(latents, mu)
        return self._refinement(plain, latents, mu, slice(0, plain.shape[2]), False)[0]

    def decode(self, codes: NDArray[np.uint8], level: int) -> Audio:
        """Sound (L,) of events (N, T)."""
        return self._network.decode(codes[None], np.array([level]))[0]

    def second(self, first: Audio, second: Audio, level: int, coarser: int) -> Sent:
        """The second signal at the step size of the first in absolute terms, `coarser` levels up.

        A level's step is relative to the signal's own loudness.
        """
        return self.send(second, level + self.apart(first, second) + coarser)

    def apart(self, first: Audio, second: Audio) -> int:
        """How many levels higher the second's step is as large as the first's."""
        powers = [float(np.mean(np.square(x, dtype=np.float64))) for x in (first, second)]
        if powers[1] <= SILENT * powers[0]:
            return self.highest + 1
        return round(self.doubling / 2 * np.log2(powers[0] / powers[1]))

    def plain(self, audio: Audio, level: int) -> NDArray[np.uint8]:
        """Events (N, T) of the plain quantiser."""
        return self._network.encode(audio[None], np.array([level]))[0]

    @property
    def layout(self) -> Layout:
        """Of the events."""
        return self._refinement.mixing.layout


Scheme = Callable[[Coder, Audio, int], tuple[Audio, float]]  # (2, L), μ → decoded, bits


def left_right(coder: Coder, sound: Audio, level: int) -> tuple[Audio, float]:
    """Each channel by itself."""
    sent = [coder.send(channel, level) for channel in sound]
    return np.stack([one.audio for one in sent]), sum(one.bits for one in sent)


def mid_side(coder: Coder, sound: Audio, level: int, coarser: int) -> tuple[Audio, float]:
    """Sum and difference, over √2."""
    half = np.float32(np.sqrt(0.5))
    mid, side = half * (sound[0] + sound[1]), half * (sound[0] - sound[1])
    first, second = coder.send(mid, level), coder.second(mid, side, level, coarser)
    decoded = half * np.stack([first.audio + second.audio, first.audio - second.audio])
    return decoded, first.bits + second.bits


def rotated(coder: Coder, sound: Audio, level: int, coarser: int) -> tuple[Audio, float]:
    """Principal and residual of each band, by an angle for `SEGMENT` frames."""
    left, right = (coder.transform.forward(channel) for channel in sound)
    angles = rotation(left, right)
    turned = turn(left, right, angles)
    first, second = (coder.transform.joined(coder.transform.dct(part)) for part in turned)
    sent = coder.send(first, level), coder.second(first, second, level, coarser)
    back = turn(*(coder.transform.forward(one.audio) for one in sent), -angles)
    audio = np.stack([coder.transform.joined(coder.transform.dct(part)) for part in back])
    return audio, sent[0].bits + sent[1].bits + parameter_bits(len(left))


def rotation(left: Audio, right: Audio) -> Audio:
    """Angles of the principal axis, rounded, for each coefficient (T, bins)."""
    angles = np.zeros_like(left)
    steps = 2**PARAMETER_BITS / np.pi
    for part in parts(len(left)):
        ll, rr = np.vdot(left[part], left[part]), np.vdot(right[part], right[part])
        angle = np.arctan2(2 * np.vdot(left[part], right[part]), ll - rr) / 2
        angles[part] = np.rint(angle * steps) / steps
    return angles


def turn(x: Audio, y: Audio, angles: Audio) -> tuple[Audio, Audio]:
    """Both coefficients (T, bins), turned by `angles`."""
    cosine, sine = np.cos(angles), np.sin(angles)
    return cosine * x + sine * y, cosine * y - sine * x


def predicted(coder: Coder, sound: Audio, level: int, coarser: int) -> tuple[Audio, float]:
    """Mid, and side less what the decoded mid predicts of it in each band."""
    half = np.float32(np.sqrt(0.5))
    mid, side = half * (sound[0] + sound[1]), half * (sound[0] - sound[1])
    first = coder.send(mid, level)
    known, wanted = coder.transform.forward(first.audio), coder.transform.forward(side)
    guess = np.zeros_like(known)
    for part in parts(len(known)):
        share = np.vdot(known[part], wanted[part]) / max(np.vdot(known[part], known[part]), 1e-12)
        guess[part] = np.rint(share.clip(-1.5, 1.5) * 10) / 10 * known[part]
    rest = coder.transform.joined(coder.transform.dct(wanted - guess))
    second = coder.second(mid, rest, level, coarser)
    back = second.audio + coder.transform.joined(coder.transform.dct(guess))
    bits = first.bits + second.bits + parameter_bits(len(known))
    return half * np.stack([first.audio + back, first.audio - back]), bits


def parts(frames: int) -> list[tuple[slice, slice]]:
    """Frames and bins that share a parameter."""
    starts = range(0, frames, SEGMENT)
    bands = [slice(low, high) for low, high in pairwise(EDGES)]
    return [(slice(start, start + SEGMENT), band) for start in starts for band in bands]


def parameter_bits(frames: int) -> int:
    """Of the bands' angles, or predictions, of a clip."""
    return PARAMETER_BITS * len(parts(frames))


def schemes(coarser: list[int]) -> dict[str, Scheme]:
    """All of them by name."""
    found: dict[str, Scheme] = {"left, right": left_right}
    for scheme, name in ((mid_side, "mid, side"), (rotated, "rotated"), (predicted, "predicted")):
        for more in coarser:
            found[f"{name} +{more}" if more else name] = _coarser(scheme, more)
    return found


def _coarser(scheme: Callable[..., tuple[Audio, float]], more: int) -> Scheme:
    return lambda coder, sound, level: scheme(coder, sound, level, more)


@dataclass(frozen=True)
class Mono:
    """The channels' mean of C clips at several levels: bits and SI-SNR, (levels, C)."""

    bits: NDArray[np.float64]
    si_snr: NDArray[np.float64]

    def bits_at(self, si_snr: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of each clip at a SI-SNR of its own, (C,); nan beyond the levels measured."""
        each = zip(si_snr, self.si_snr.T, np.log(self.bits.T), strict=True)
        return np.exp([_between(wanted, curve, logs) for wanted, curve, logs in each])


def _between(wanted: float, curve: NDArray, logs: NDArray) -> float:
    order = np.argsort(curve)
    return float(np.interp(wanted, curve[order], logs[order], left=np.nan, right=np.nan))


def mono(coder: Coder, music: StereoClips, levels: list[int]) -> Mono:
    """The reference."""
    bits, quality = [], []
    for level in levels:
        sent = [coder.send(clip, level) for clip in music.mixed]
        bits.append([one.bits for one in sent])
        quality.append(metrics.si_snr(np.stack([one.audio for one in sent]), music.mixed))
    return Mono(np.array(bits), np.array(quality))


def rows(coder: Coder, music: StereoClips, arguments: argparse.Namespace) -> list[list[str]]:
    """A line for each scheme and level, and for mono."""
    signal = coder.model.config.signal
    to_kbps = signal.sample_rate / music.clips.shape[2] / 1000
    mean = partial(tables.mean, performances=music.performances)
    levels = sorted({*range(coder.highest + 1)[::3], *arguments.level})
    reference, found = mono(coder, music, levels), []
    for level in arguments.level:
        at = levels.index(level)
        kbps = f"{to_kbps * reference.bits[at].mean():.2f}"
        quality = mean(reference.si_snr[at])
        found.append([music.name, "mono", str(level), kbps, quality, "–", "100 %"])
    for name, scheme in schemes(arguments.coarser).items():
        for level in arguments.level:
            both = [scheme(coder, clip, level) for clip in music.clips]
            audio, bits = np.stack([one[0] for one in both]), np.array([one[1] for one in both])
            channels = [(audio[:, i], music.clips[:, i]) for i in range(2)]
            si_snr = np.mean([metrics.si_snr(*channel) for channel in channels], axis=0)
            mel = [metrics.mel_distance(*channel, signal.sample_rate) for channel in channels]
            kbps = f"{to_kbps * bits.mean():.2f}"
            cells = mean(si_snr), mean(np.mean(mel, axis=0))
            of_mono = share(bits, reference.bits_at(si_snr), music.performances)
            found.append([music.name, name, str(level), kbps, *cells, of_mono])
            print(*found[-1], flush=True)
    return found


def share(bits: NDArray, alike: NDArray, performances: NDArray[np.int64]) -> str:
    """The geometric mean of clips' ratios in percent, with its interval."""
    ratios = np.log(bits / alike)
    low, high = interval(ratios, performances, tables.SETTINGS.bootstrap, tables.SEED)
    middle, low, high = (100 * np.exp(each) for each in (np.nanmean(ratios), low, high))
    return f"{middle:.0f} % [{low:.0f}, {high:.0f}], {np.isfinite(ratios).sum()} clips"


def main() -> None:
    arguments = _arguments()
    coder = Coder(arguments.model)
    signal = coder.model.config.signal
    found = []
    for word in arguments.kinds:
        place = signal.sample_rate, signal.clip_samples, arguments.recordings, arguments.each
        music = stereo_clips(*named_folder(word), *place)
        print(f"{music.name}: {len(music.clips)} clips", flush=True)
        found += rows(coder, music, arguments)
    tables.publish(HEADINGS, found, 2, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "stereo.md")
    parser.add_argument("kinds", nargs="+", metavar="KIND=FOLDER")
    command_line.add_model(parser)
    parser.add_argument("--recordings", type=int, default=12, help="a kind at most")
    parser.add_argument("--each", type=int, default=2, help="clips of a recording")
    parser.add_argument("--level", nargs="+", type=int, default=command_line.LEVELS, help="μ")
    parser.add_argument("--coarser", nargs="+", type=int, default=[0], help="levels, of the second")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
