"""Fitting of what `rate_distortion` expects of a decision: bits to come, what the decoder adds.

Bins are changed by a level here and there in codes of the train split, far enough apart that each
change is alone in what follows; the entropy model says what it costs. What the post-filter adds is
read off the decoded recording. The small network learns both from what surrounds the bins.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from spiking_music.mdct.context_mixing import new_state
from spiking_music.mdct.decisions import (
    ADDED,
    ASIDE,
    BEFORE,
    BEHIND,
    FEATURES,
    HIDDEN,
    LATER,
    LEAST,
    Ahead,
    describe_all,
    describe_bins,
    spend,
)
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.rate_distortion import RateDistortion
from spiking_music.mdct.thermometer import from_thermometer

Floats = NDArray[np.float32]
APART = 15  # frames between changes: longer than any state but sums of all that is lost in noise
CHANGES = 16  # of every clip and level, times its frames / APART
ADDED_BINS = 500  # of every clip and level
LARGEST = 8  # levels from there on are not changed
EPOCHS, BATCH, LEARNING_RATE, DECAY = 30, 512, 4e-3, 2e-2


class Samples(NamedTuple):
    """M decisions. of: `LATER`, or `ADDED`; rise: by which the output is multiplied."""

    x: Floats  # (M, FEATURES)
    target: Floats  # (M,)
    rise: Floats  # (M,)


def fit_decisions(
    network: MdctNetwork,
    refinement: RateDistortion,
    clips: Floats,
    levels: Iterable[int],
    seed: int,
) -> Ahead:
    """The small network of a model, from clips (C, L) of its train split at each of `levels`.

    refinement: one that expects nothing (`nothing()`), whose decisions are looked at.
    """
    draw, later, added = np.random.default_rng(seed), [], []
    for level in levels:
        for clip in clips:
            window = _Window(network, refinement, clip, level)
            later += [window.changed(draw) for _ in range(CHANGES)]
            added.append(window.added(draw))
    return _trained(_joined(later), _joined(added), seed)


def nothing() -> Ahead:
    """A small network that expects nothing."""
    shapes = ((FEATURES, HIDDEN), (HIDDEN,), (2, HIDDEN), (2,))
    return Ahead(*(np.zeros(shape, np.float32) for shape in shapes))


class _Window:
    """One clip at one level: its coefficients y (T, B) in steps and the levels that are sent."""

    def __init__(
        self, network: MdctNetwork, refinement: RateDistortion, clip: Floats, level: int
    ) -> None:
        mu, frames = np.array([level]), clip.size // network.hop
        latents = network.latents(clip[None])
        codes = network.codes_at(latents, mu)
        z = refinement(codes, latents, mu, slice(0, frames), False)
        quantized = from_thermometer(z[0], refinement.mixing.layout)
        assert quantized is not None  # as the quantiser made them
        self._model, self._q = refinement.model, quantized.levels
        self._y = network.in_steps(latents[0], mu)
        heard = network.latents(network.decode(z, mu))[0]
        self._heard = network.in_steps(heard, mu, quantized.gains.astype(np.float32))
        self._raw, self._sent = _described(self._y), _described(self._amplitudes)
        self._spent = self._bits(self._q)

    def changed(self, draw: np.random.Generator) -> Samples:
        """What a level more costs later, of one bin in every `APART` frames."""
        q, size = self._q.copy(), np.abs(self._q)
        levels, wanted = self._model.levels, np.abs(self._y)
        low = (np.searchsorted(levels, wanted, side="right") - 1).clip(0, len(levels) - 2)
        share = (wanted - levels[low]) / (levels[low + 1] - levels[low])
        open_ = (wanted > LEAST) & (share > 0.3) & (share < 0.95) & (wanted < LARGEST)
        open_ &= (size == low) | (size == low + 1)
        places = []
        for t in range(draw.integers(APART), len(q) - APART, APART):
            bins = np.flatnonzero(open_[t])
            if len(bins):
                places.append((t, draw.choice(bins)))
        frames, bins = np.array(places, np.int64).reshape(-1, 2).T
        low, rises = low[frames, bins], size[frames, bins] == low[frames, bins]
        sign = np.where(self._y[frames, bins] > 0, 1, -1)
        q[frames, bins] = sign * np.where(rises, low + 1, low)
        change = self._bits(q) - self._spent
        total = np.array([change[t : t + APART].sum() for t in frames], np.float32)
        later = (total - change[frames, bins]) * np.where(rises, 1, -1)
        rise = np.sqrt(low + 1) - np.sqrt(low)
        x = self._x(frames, bins, low)
        return Samples(x, later.astype(np.float32), rise.astype(np.float32))

    def added(self, draw: np.random.Generator) -> Samples:
        """What the decoder adds to bins, in steps away from 0."""
        frames, bins = np.nonzero((np.abs(self._y) > LEAST) & (np.abs(self._y) < LARGEST))
        chosen = draw.permutation(len(frames))[:ADDED_BINS]
        frames, bins = frames[chosen], bins[chosen]
        sign = np.sign(self._y[frames, bins])
        more = (self._heard - self._amplitudes)[frames, bins] * sign
        x = self._x(frames, bins, np.abs(self._q[frames, bins]))
        return Samples(x, more.astype(np.float32), np.ones(len(x), np.float32))

    @property
    def _amplitudes(self) -> Floats:
        """What the levels stand for, in steps, (T, B)."""
        amplitudes: Floats = np.sign(self._q) * self._model.levels[np.abs(self._q)]
        return amplitudes

    def _x(self, frames: NDArray, bins: NDArray, levels: NDArray) -> Floats:
        x = np.empty((len(frames), FEATURES), np.float32)
        positive = self._y[frames, bins] > 0
        describe_bins(self._sent, self._raw, frames, bins, positive, levels.astype(np.int64), x)
        return x

    def _bits(self, q: NDArray[np.int8]) -> Floats:
        spent = np.empty(q.shape, np.float32)
        spend(q, self._model, new_state(q.shape[1]), spent)
        return spent


def _described(y: Floats) -> Floats:
    around = np.zeros((len(y) + BEFORE + BEHIND, y.shape[1] + 2 * ASIDE, 3), np.float32)
    describe_all(np.ascontiguousarray(y, np.float32), around)
    return around


def _joined(samples: list[Samples]) -> Samples:
    return Samples(*(np.concatenate(parts) for parts in zip(*samples, strict=True)))


def _trained(later: Samples, added: Samples, seed: int) -> Ahead:
    """By gradient descent on both; half of the hidden units is for either."""
    torch.manual_seed(seed)
    half = HIDDEN // 2
    nets = [nn.Sequential(nn.Linear(FEATURES, half), nn.ReLU(), nn.Linear(half, 1)) for _ in "ab"]
    for net, samples in zip(nets, (later, added), strict=True):
        _fit(net, samples, seed)
    weights = [
        {name: weight.detach().numpy() for name, weight in net.named_parameters()} for net in nets
    ]
    outputs = np.zeros((2, HIDDEN), np.float32)
    outputs[LATER, :half], outputs[ADDED, half:] = (each["2.weight"][0] for each in weights)
    return Ahead(  # in C order: safetensors writes the memory of an array as it lies
        np.ascontiguousarray(np.concatenate([each["0.weight"] for each in weights]).T),
        np.concatenate([each["0.bias"] for each in weights]),
        outputs,
        np.concatenate([each["2.bias"] for each in weights]),
    )


def _fit(net: nn.Sequential, samples: Samples, seed: int) -> None:
    x, target, rise = map(torch.from_numpy, samples)
    optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=DECAY)
    draw = np.random.default_rng(seed)
    for epoch in range(EPOCHS):
        optimiser.param_groups[0]["lr"] = LEARNING_RATE * (1 - epoch / EPOCHS)
        for chosen in torch.from_numpy(draw.permutation(len(x))).split(BATCH):
            error = rise[chosen] * net(x[chosen])[:, 0] - target[chosen]
            loss = F.huber_loss(error, torch.zeros_like(error), delta=4.0)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
