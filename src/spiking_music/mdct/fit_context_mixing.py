"""Training of the context-mixing network: float weights by gradient descent, then rounding.

Bins are drawn in three strata (they fire; something is near; neither) far from their shares, as
nearly all are silent for sure; weights keep the loss that of all bins.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from spiking_music.mdct.context_mixing import ContextMixingTables, shapes, sources
from spiking_music.mdct.context_network import (
    FIRST_UNITS,
    LAGS,
    LARGEST_WEIGHT,
    LATELY,
    REACH,
    SIGNED_LAGS,
    SIGNED_REACH,
    SIGNED_UNITS,
    SIZES,
    density_class,
)
from spiking_music.mdct.context_tables import Net
from spiking_music.mdct.fit_transitions import fit_transitions
from spiking_music.mdct.thermometer import Layout, Quantized
from spiking_music.progress import tracked
from spiking_music.rangecoder.probabilities import WHOLE
from spiking_music.rangecoder.static import Frequencies, fit_static

LEARNING_RATE = 0.02  # at its highest, of one cycle
STEPS = 8  # of gradient descent a round
BATCH = 2048  # bins a step
SHARES = (0.35, 0.5, 0.15)  # of bins that fire, have something near, or neither
UNIT = 256  # weights are multiples of 1 / UNIT
RARE = -6.0  # logit that a bin's own is added to, so that it stays within the range of weights
SPREAD = {  # of random weights at the start
    "sizes": 0.04,
    "harmonics": 0.04,
    "signs": 0.15,
    "beats": 0.1,
    "deep": FIRST_UNITS**-0.5,
    "gates": 0.02,
    "gates_bias": 0.02,
}


def fit_context_mixing(
    clips: list[Quantized], layout: Layout, seed: int, rounds: int
) -> ContextMixingTables:
    """Tables for codes like `clips`, all of T steps.

    `STEPS`·`rounds` steps of gradient descent. Equal inputs give equal tables on one machine with
    one number of threads; on another they may differ in last digits, which is why they are shipped.
    """
    draw = np.random.default_rng(seed)
    levels = np.stack([quantized.levels for quantized in clips])
    bins = _Bins(levels)
    pool = bins.drawn(draw, 1 + STEPS * rounds * BATCH // len(levels))
    events = np.count_nonzero(levels, axis=(0, 1))
    k = fit_static(events, levels.shape[0] * levels.shape[1])
    model = _Model(layout, k, torch.Generator().manual_seed(seed))
    optimiser = torch.optim.Adam(model.weights, lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=STEPS * rounds
    )
    batches = _batches(pool, draw)
    for _ in tracked(range(STEPS * rounds), "entropy tables", STEPS * rounds):
        places, weights = next(batches)
        loss = (model.nats(bins.inputs(places)) * torch.from_numpy(weights)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    numbers = np.array(layout, dtype=np.int32)
    return ContextMixingTables(numbers, fit_transitions(clips, layout), model.rounded())


class _Pool(NamedTuple):
    """Bins that were drawn, and how many of all each stands for (their mean is 1)."""

    places: NDArray[np.int64]
    weights: NDArray[np.float32]


class _Inputs(NamedTuple):
    """What the network is given of bins, a row each."""

    sizes: Tensor  # (M, taps), of the neighbours
    harmonics: Tensor  # (M, 3·len(RATIOS)), of what `sources` names
    signs: Tensor  # (M, signed taps), the same with signs, turned as `accumulate` does
    bins: Tensor  # (M,) int64
    classes: Tensor  # (M,) int64
    levels: Tensor  # (M,) int64, −G .. G: the target


class _Bins:
    """All bins of clips, each named by its place in an array with silence around every clip."""

    def __init__(self, levels: NDArray[np.int8]) -> None:
        """levels (clips, T, B)."""
        self._padded = np.pad(levels, ((0, 0), (LAGS, 0), (REACH, REACH)))
        self._flat = self._padded.ravel()
        self._classes = np.stack([_classes(clip) for clip in levels])
        width = self._padded.shape[2]
        lags, reaches = _taps(LAGS, REACH)
        self._sizes = reaches - lags * width
        lags, self._reaches = _taps(SIGNED_LAGS, SIGNED_REACH)
        self._odd = lags % 2
        self._signs = self._reaches - lags * width
        self._sources = sources(levels.shape[2]).T  # (B, taps)

    def drawn(self, draw: np.random.Generator, count: int) -> _Pool:
        """Some `count` bins of every clip, all clips' mixed."""
        places, weights = [], []
        for clip, padded in enumerate(self._padded):
            for stratum, share in zip(_strata(padded), SHARES, strict=True):
                found = np.flatnonzero(stratum)
                chosen = draw.permutation(found)[: 1 + int(share * count)]
                places.append(chosen + clip * padded.size)
                weights.append(np.full(len(chosen), len(found) / max(1, len(chosen)), np.float32))
        order = draw.permutation(sum(map(len, places)))
        weight = np.concatenate(weights)[order]
        return _Pool(np.concatenate(places)[order], weight / weight.mean())

    def inputs(self, places: NDArray[np.int64]) -> _Inputs:
        """What the bins at `places` (M,) hear."""
        size = SIZES.astype(np.float32) / 8
        frames, column = np.divmod(places, self._padded.shape[2])
        clip, frame = np.divmod(frames, self._padded.shape[1])
        heard = self._flat[places[:, None] + self._sizes]
        signed = self._flat[places[:, None] + self._signs]
        bins = column - REACH
        distant = self._flat[(places - bins)[:, None] + self._sources[bins]]  # of −1: silence
        turned = self._odd * (bins[:, None] + self._reaches) % 2
        signs = size[np.abs(signed)] * np.sign(signed) * (1 - 2 * turned)
        return _Inputs(
            torch.from_numpy(size[np.abs(heard)]),
            torch.from_numpy(size[np.abs(distant)]),
            torch.from_numpy(signs.astype(np.float32)),
            torch.from_numpy(bins),
            torch.from_numpy(self._classes[clip, frame - LAGS]),
            torch.from_numpy(self._flat[places].astype(np.int64)),
        )


class _Model:
    """The network in floats, its weights by the names that `Net` gives them."""

    def __init__(self, layout: Layout, k: Frequencies, generator: torch.Generator) -> None:
        self._levels = layout.levels
        p = torch.from_numpy(k.astype(np.float32) / WHOLE)
        self._net = {name: torch.zeros(shape) for name, shape in shapes(layout).items()}
        self._net["significance"] = torch.log(p / (1 - p)) - RARE
        self._net["levels_bias"] = torch.tensor([RARE] + [-1.0] * (layout.levels - 1))
        for name in ("bins", "deep_bias"):
            self._net[name] += 0.1
        self._net["sizes"] = torch.zeros(len(_taps(LAGS, REACH)[0]), FIRST_UNITS)
        self._net["signs"] = torch.zeros(len(_taps(SIGNED_LAGS, SIGNED_REACH)[0]), SIGNED_UNITS)
        for name, scale in SPREAD.items():
            self._net[name] = scale * torch.randn(self._net[name].shape, generator=generator)
        self.weights = list(self._net.values())
        for weight in self.weights:
            weight.requires_grad_()

    def nats(self, inputs: _Inputs) -> Tensor:
        """What each of M bins costs, (M,)."""
        net, size = self._net, inputs.levels.abs()
        beats = inputs.signs @ net["signs"]
        first = inputs.sizes @ net["sizes"] + inputs.harmonics @ net["harmonics"]
        first = first + beats.abs() @ net["beats"].T
        # embeddings: gradients of plain indexing are summed by threads in any order
        own = F.embedding(inputs.bins, net["bins"]) + F.embedding(inputs.classes, net["classes"])
        first = torch.relu(first + own)
        second = torch.relu(first @ net["deep"].T + net["deep_bias"])
        logits = second @ net["levels"].T + net["levels_bias"]
        significance = logits[:, 0] + F.embedding(inputs.bins, net["significance"][:, None])[:, 0]
        sign = ((second @ net["gates"].T + net["gates_bias"]) * beats).sum(dim=1)
        cost = _cost(significance, size > 0)
        cost = cost + _cost(sign, inputs.levels > 0) * (size > 0)
        above = torch.arange(2, self._levels + 1)
        more = _cost(logits[:, 1:], size[:, None] >= above) * (size[:, None] >= above - 1)
        return cost + more.sum(dim=1)

    @torch.no_grad()
    def rounded(self) -> Net:
        """The weights as whole multiples of 1 / UNIT; those of no tap are zero."""
        whole = {name: _rounded(weight.numpy()) for name, weight in self._net.items()}
        whole["sizes"] = _spread(whole["sizes"], LAGS, REACH)
        whole["signs"] = _spread(whole["signs"], SIGNED_LAGS, SIGNED_REACH)
        return Net(**whole)


def _taps(lags: int, reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lags and distances in bins of all neighbours that are coded before a bin."""
    lag, distance = np.mgrid[: lags + 1, -reach : reach + 1]
    before = (lag > 0) | (distance < 0)
    return lag[before], distance[before]


def _spread(weights: NDArray[np.int16], lags: int, reach: int) -> NDArray[np.int16]:
    """Weights (taps, units) as `Net` has them, from the bin that is heard to the one that hears."""
    table = np.zeros((lags + 1, 2 * reach + 1, weights.shape[1]), np.int16)
    lag, distance = _taps(lags, reach)
    table[lag, reach - distance] = weights
    return table.reshape(lags + 1, -1)


def _strata(padded: NDArray[np.int8]) -> tuple[NDArray[np.bool_], ...]:
    """Of a clip (LAGS + T, B + 2·REACH): bins that fire, have something near, or neither."""
    fires = padded != 0
    inside = np.zeros(padded.shape, bool)
    inside[LAGS:, REACH : padded.shape[1] - REACH] = True
    aside = _any([np.roll(fires, distance, axis=1) for distance in range(-REACH, REACH + 1)])
    near = _any([np.roll(aside, lag, axis=0) for lag in range(1, LAGS + 1)])
    near |= _any([np.roll(fires, distance, axis=1) for distance in range(1, REACH + 1)])
    return fires, inside & near & ~fires, inside & ~near & ~fires


def _any(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Their union; what `np.roll` carries round an edge is silence, or is outside."""
    return np.logical_or.reduce(masks)


def _classes(levels: NDArray[np.int8]) -> NDArray[np.int64]:
    """The density of a clip's (T, B) steps, (T,)."""
    totals = SIZES[np.abs(levels)].sum(axis=1, dtype=np.int64)
    sums = np.cumsum(np.pad(totals, (LATELY + 1, 0)))
    lately = sums[LATELY:-1] - sums[: -LATELY - 1]
    return np.array([density_class(total) for total in lately], np.int64)


def _batches(pool: _Pool, draw: np.random.Generator) -> Iterator[_Pool]:
    """Batches of the pool without end, in another order each time round."""
    while True:
        order = draw.permutation(len(pool.places))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            yield _Pool(pool.places[chosen], pool.weights[chosen])


def _cost(logits: Tensor, symbols: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, symbols.float(), reduction="none")


def _rounded(weights: NDArray[np.float32]) -> NDArray[np.int16]:
    clipped = np.clip(np.rint(UNIT * weights), -LARGEST_WEIGHT, LARGEST_WEIGHT)
    return clipped.astype(np.int16)
