"""What the first channel tells of the second: python experiments/stereo_context.py KIND=FOLDER …

The context-mixing network is fitted twice to the quantised bins of the second of two channels, by
the same steps: with the inputs that it has, and with some of the first channel's bins as well.
Ideal bits of recordings that neither fit has heard, by the network's float weights. Each third
recording is one of these.
"""

import argparse

import numpy as np
import torch
from numpy.typing import NDArray

import command_line
import tables
from other_music import named_folder
from spiking_music.mdct import fit_context_mixing as fit
from spiking_music.mdct.context_network import FIRST_UNITS, REACH, SIGNED_UNITS, SIZES
from spiking_music.mdct.thermometer import Layout, from_thermometer
from spiking_music.rangecoder.static import fit_static
from stereo import Coder
from stereo_clips import StereoClips, stereo_clips

HELD_OUT = 3  # one recording of so many
ASIDE, BEFORE = 2, 2  # bins to either side and frames back that are heard of the first channel
AGREEING = 6  # frames back over which agreement of signs is counted
PAIRS = {"left, right": np.eye(2), "mid, side": np.array([[1, 1], [1, -1]]) / np.sqrt(2)}
HEADINGS = ("music", "channels", "μ", "first, bits", "second, bits", "and told of the first",
            "second", "both")  # fmt: skip
Levels = NDArray[np.int8]


class Told:
    """The second channel's bins with what the first says of them."""

    def __init__(self, second: Levels, first: Levels | None) -> None:
        """Levels (C, T, B); without a first channel, nothing is told."""
        self.bins = fit._Bins(second)
        self._first = None if first is None else fit._Bins(first)
        self._width = second.shape[2] + 2 * REACH

    def inputs(self, places: NDArray[np.int64]) -> fit._Inputs:
        """As those of one channel, with further sizes and signs."""
        own = self.bins.inputs(places)
        if self._first is None:
            return own
        lag, aside = np.mgrid[: BEFORE + 1, -ASIDE : ASIDE + 1].reshape(2, -1)
        heard = self._first._flat[places[:, None] + aside - lag * self._width]
        sizes = torch.from_numpy(_size(heard))
        beside = self._first._flat[places[:, None] + np.arange(-1, 2)]
        signed = _size(beside) * np.sign(beside)
        agreed = np.tanh(self._agreement(places))[:, None]
        signs = torch.from_numpy(np.concatenate([signed, signed * agreed], axis=1))
        both = {
            "sizes": torch.cat([own.sizes, sizes], 1),
            "signs": torch.cat([own.signs, signs], 1),
        }
        return own._replace(**both)

    def _agreement(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """How far the two channels had the same sign at the bin and beside it lately, (M,)."""
        assert self._first is not None
        lag, aside = np.mgrid[1 : AGREEING + 1, -1:2].reshape(2, -1)
        around = places[:, None] + aside - lag * self._width
        first, second = self._first._flat[around], self.bins._flat[around]
        product = _size(first) * _size(second) * np.sign(first) * np.sign(second)
        return np.asarray(product.sum(axis=1) / 2, np.float32)


def _size(levels: Levels) -> NDArray[np.float32]:
    return np.asarray(SIZES[np.abs(levels)] / 8, np.float32)


class Network(fit._Model):
    """The network in floats, with weights for so many inputs as there are."""

    def widened(self, inputs: fit._Inputs, generator: torch.Generator) -> None:
        """Add weights for the inputs that one channel has not."""
        for name, units in (("sizes", FIRST_UNITS), ("signs", SIGNED_UNITS)):
            more = getattr(inputs, name).shape[1] - len(self._net[name])
            new = fit.SPREAD[name] * torch.randn(more, units, generator=generator)
            self._net[name] = torch.cat([self._net[name].detach(), new]).requires_grad_()
        self.weights = list(self._net.values())


def bits(
    train: tuple[Levels, Levels | None],
    test: tuple[Levels, Levels | None],
    layout: Layout,
    steps: int,
) -> NDArray[np.float64]:
    """What the second of (second, first) costs, of each test clip, (C,), after a fit to others."""
    told, draw = Told(*train), np.random.default_rng(tables.SEED)
    pool = told.bins.drawn(draw, 1 + steps * fit.BATCH // len(train[0]))
    ones = np.count_nonzero(train[0], axis=(0, 1))
    k = fit_static(ones, train[0].shape[0] * train[0].shape[1])
    generator = torch.Generator().manual_seed(tables.SEED)
    model = Network(layout, k, generator)
    model.widened(told.inputs(pool.places[:1]), generator)
    optimiser = torch.optim.Adam(model.weights, lr=fit.LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, fit.LEARNING_RATE, total_steps=steps)
    batches = fit._batches(pool, draw)
    for _ in range(steps):
        places, weights = next(batches)
        loss = (model.nats(told.inputs(places)) * torch.from_numpy(weights)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return spent(model, Told(*test), test[0].shape)


@torch.no_grad()
def spent(model: Network, told: Told, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Ideal bits of all bins of each clip of (C, T, B)."""
    clips, frames, bins = shape
    padded = told.bins._padded.shape
    total = np.empty(clips)
    for clip in range(clips):
        t, b = np.mgrid[:frames, :bins]
        places = ((clip * padded[1] + t + fit.LAGS) * padded[2] + b + REACH).ravel()
        parts = np.array_split(places, 16)
        total[clip] = sum(float(model.nats(told.inputs(part)).sum()) for part in parts) / np.log(2)
    return total


def channels(coder: Coder, music: StereoClips, pair: NDArray, level: int) -> list[Levels]:
    """Levels (C, T, B) of the first channel and of the second, both of the same step size."""
    both: list[list[Levels]] = [[], []]
    for clip in music.clips:
        first, second = np.asarray(pair @ clip, np.float32)
        for place, audio, mu in (
            (both[0], first, level),
            (both[1], second, level + coder.apart(first, second)),
        ):
            z = coder.plain(audio, min(max(mu, 0), coder.highest))
            quantized = from_thermometer(z, coder.layout)
            assert quantized is not None  # as the quantiser made them
            place.append(quantized.levels)
    return [np.stack(each) for each in both]


def row(coder: Coder, music: StereoClips, name: str, level: int, steps: int) -> list[str]:
    """A line of the table."""
    first, second = channels(coder, music, PAIRS[name], level)
    test = music.performances % HELD_OUT == 1
    alone = bits((first[~test], None), (first[test], None), coder.layout, steps)
    plain = bits((second[~test], None), (second[test], None), coder.layout, steps)
    told = bits((second[~test], first[~test]), (second[test], first[test]), coder.layout, steps)
    owners = music.performances[test]
    changes = (
        tables.mean(100 * (new / old - 1), owners, sign="+")
        for new, old in ((told, plain), (alone + told, alone + plain))
    )
    means = (f"{each.mean():.0f}" for each in (alone, plain, told))
    return [music.name, name, str(level), *means, *(f"{change} %" for change in changes)]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    coder = Coder(arguments.model)
    signal = coder.model.config.signal
    found = []
    for word in arguments.kinds:
        place = signal.sample_rate, signal.clip_samples, arguments.recordings, arguments.each
        music = stereo_clips(*named_folder(word), *place)
        for name in PAIRS:
            for level in arguments.level:
                found.append(row(coder, music, name, level, arguments.steps))
                print(*found[-1], flush=True)
    tables.publish(HEADINGS, found, 2, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "stereo-context.md")
    parser.add_argument("kinds", nargs="+", metavar="KIND=FOLDER")
    command_line.add_model(parser)
    parser.add_argument("--recordings", type=int, default=18, help="a kind at most")
    parser.add_argument("--each", type=int, default=3, help="clips of a recording")
    parser.add_argument("--level", nargs="+", type=int, default=[10], help="μ")
    parser.add_argument("--steps", type=int, default=1500, help="of gradient descent")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
