"""The compiled part of `rate_distortion`: which level each bin is sent at (*ours*).

In coding order a bin takes the level of the least error + λ · bits: its own bits under the entropy
model, of what was decided before it, and what the small network of `Ahead` expects of all the rest.
Nothing here is needed to decode.
"""

from typing import NamedTuple

import numpy as np
from numba import float32, int32, int64
from numpy.typing import NDArray

from spiking_music.mdct.context_network import (
    LAGS,
    LATELY,
    REACH,
    SIZES,
    accumulate,
    clear,
    density_class,
    forward,
    level_logit,
    sign_logit,
)
from spiking_music.rangecoder.compiled import compiled, inner
from spiking_music.rangecoder.probabilities import LARGEST, WHOLE

Floats = NDArray[np.float32]
BEFORE, BEHIND, ASIDE = 1, 2, 2  # frames and bins around a bin that the small network hears
OWN = 3  # features of the bin itself: root and absence of the level, place
FEATURES = 3 * ((BEFORE + 1 + BEHIND) * (2 * ASIDE + 1) - 1) + OWN
HIDDEN = 48
LATER, ADDED = range(2)  # outputs: bits to come of one level more; what the post-filter adds
LEAST = 0.4  # in steps: smaller coefficients are not sent
LOUD, LARGE, SIGNED = 0.6, 8.0, 1.5  # of a coefficient in steps: fires, and where features end


class Ahead(NamedTuple):
    """A small network of what surrounds a bin: what a decision costs later, what the decoder adds.

    Features of each neighbour: root of its size, whether it fires, its root with the sign that a
    steady tone would have there.
    """

    weights: Floats  # (FEATURES, HIDDEN)
    bias: Floats  # (HIDDEN,)
    outputs: Floats  # (2, HIDDEN)
    outputs_bias: Floats  # (2,)


class Work(NamedTuple):
    """Room for what is computed of a bin."""

    x: Floats  # (FEATURES,), those of its own level 0
    hidden: Floats  # (HIDDEN,)
    active: NDArray[np.int64]  # (FEATURES + 4,), features that are not 0
    spans: NDArray[np.int64]  # (2, 2), first and last hidden unit that an output hears, and one


def new_work(ahead: Ahead) -> Work:
    """Room for decisions by a small network."""
    heard = [np.flatnonzero(row) for row in ahead.outputs]
    spans = [(row[0], row[-1] + 1) if len(row) else (0, 0) for row in heard]
    return Work(
        np.zeros(FEATURES, np.float32),
        np.empty(HIDDEN, np.float32),
        np.zeros(FEATURES + 4, np.int64),
        np.array(spans, np.int64),
    )


class Price(NamedTuple):
    """What a bit is worth."""

    weights: Floats  # (T,), λ of each frame, in squared steps a bit
    scale: float  # of coefficients, as the post-filter makes all of them louder


class Model(NamedTuple):
    """The entropy model, as `ContextMixing` has it."""

    net: NamedTuple  # a `Net` as `prepared` made it
    sigmoid: NDArray[np.uint16]
    quiet: NDArray[np.uint16]
    costs: NDArray[np.uint32]  # in 2^-16 bit
    levels: Floats  # (G + 1,), in steps


@inner()
def describe(v, place):  # type: ignore[no-untyped-def]
    """The features place[:] (3,) of a coefficient v in steps."""
    size = min(abs(v), float32(LARGE))
    place[0] = np.sqrt(size)
    loud = size > LOUD
    place[1] = 1 if loud else 0
    place[2] = (min(place[0], float32(SIGNED)) * (1 if v > 0 else -1)) if loud else 0


@compiled()
def describe_all(y, around):  # type: ignore[no-untyped-def]
    """Features around (T + BEFORE + BEHIND, B + 2·ASIDE, 3) of y (T, B); those beyond it stay."""
    for t in range(y.shape[0]):
        for n in range(y.shape[1]):
            describe(y[t, n], around[t + BEFORE, n + ASIDE])


@inner()
def gather(sent, raw, t, n, positive, x):  # type: ignore[no-untyped-def]
    """Features x (FEATURES,) of what surrounds bin n of frame t, but for its own level.

    sent: features of what was decided before it, raw: of all else; one array will do.
    """
    feature = 0
    for lag in range(-BEFORE, BEHIND + 1):
        for kind in range(3):
            for aside in range(-ASIDE, ASIDE + 1):
                if lag == 0 and aside == 0:
                    continue
                earlier = lag < 0 or (lag == 0 and aside < 0)
                source = sent if earlier else raw
                found = source[t + BEFORE + lag, n + ASIDE + aside, kind]
                turned = kind == 2 and bool(lag & (n + aside) & 1) == positive
                x[feature] = -found if turned else found
                feature += 1
    x[FEATURES - 1] = float32(n) / float32(64)


@inner()
def listen(ahead, work):  # type: ignore[no-untyped-def]
    """The sums of hidden units, but for what the bin's own level adds.

    Four features at a time, which are added in their order: it decides how sums are rounded.
    """
    x, hidden, active = work.x, work.hidden, work.active
    for j in range(len(hidden)):
        hidden[j] = ahead.bias[j]
    count = 0
    for i in range(len(x)):
        active[count] = i
        if x[i]:
            count += 1
    for k in range(count, count + 3):  # of a number that four divides
        active[k] = FEATURES - OWN
    for k in range(0, count, 4):
        a, b, c, d = active[k], active[k + 1], active[k + 2], active[k + 3]
        w0, w1, w2, w3 = ahead.weights[a], ahead.weights[b], ahead.weights[c], ahead.weights[d]
        x0, x1, x2, x3 = x[a], x[b], x[c], x[d]
        for j in range(len(hidden)):
            hidden[j] = hidden[j] + w0[j] * x0 + w1[j] * x1 + w2[j] * x2 + w3[j] * x3


@inner()
def expect(ahead, work, level, output):  # type: ignore[no-untyped-def]
    """An output of the small network where the bin is at `level`."""
    root, absent = np.sqrt(float32(level)), float32(1 if level == 0 else 0)
    rows, weights = ahead.weights[FEATURES - OWN :], ahead.outputs[output]
    total = ahead.outputs_bias[output]
    for j in range(work.spans[output, 0], work.spans[output, 1]):
        unit = work.hidden[j] + rows[0, j] * root + rows[1, j] * absent
        total += max(unit, float32(0)) * weights[j]
    return total


@inner()
def bits(costs, k, symbol):  # type: ignore[no-untyped-def]
    """Of a symbol whose probability of a one is k / 65536."""
    return float32(costs[k] if symbol else costs[WHOLE - int64(k)]) * float32(1 / 65536)


@inner()
def cheapest(model, state, ahead, work, n, v, k, weight, scale):  # type: ignore[no-untyped-def]
    """The level of bin n, a coefficient v in steps, that the layers in `state` are of."""
    levels, most = model.levels, len(model.levels) - 1
    size = abs(v)
    above = 1
    while above < most and levels[above] < size:
        above += 1
    sign = model.sigmoid[sign_logit(model.net, state) + LARGEST]
    spent = bits(model.costs, k, True) + bits(model.costs, sign, v > 0)
    off = scale * size - expect(ahead, work, 0, ADDED)
    found, least = 0, off * off + weight * bits(model.costs, k, False)
    if above > 2:  # more than a level down is never worth it
        least = float32(np.inf)
    for level in range(1, above + 1):
        # of one level more; that it is the next one changes what comes by its root's change
        rise = np.sqrt(float32(level)) - np.sqrt(float32(level - 1))
        if level > above - 2:
            spent += rise * expect(ahead, work, level - 1, LATER)
        more = float32(0)
        if level < most:
            k = model.sigmoid[level_logit(model.net, state, n, int64(level + 1)) + LARGEST]
            more = bits(model.costs, k, False)
        if level >= above - 1:
            off = scale * size - levels[level] - expect(ahead, work, level, ADDED)
            cost = off * off + weight * (spent + more)
            if cost < least:
                found, least = level, cost
        if level < most:
            spent += bits(model.costs, k, True)
    return found


@inner()
def decide_frame(y, q, sent, model, state, ahead, around, work, t, weight, scale):  # type: ignore[no-untyped-def]
    """Levels q (B,) of frame t, of coefficients y (B,), or as they are where they are `sent`."""
    lately = int64(0)
    for i in range(len(state.totals)):
        lately += state.totals[i]
    density, total, row = density_class(lately), int64(0), t % (LAGS + 1)
    for n in range(len(q)):
        size = abs(int64(q[n])) if sent else int64(0)
        if not sent:
            q[n] = 0
            if abs(y[n]) >= LEAST:
                forward(model.net, state, row, n, density)
                k = model.quiet[density, n]
                if state.near[row, n + REACH]:
                    logit = level_logit(model.net, state, n, int64(1))
                    k = model.sigmoid[logit + LARGEST]
                gather(around, around, t, n, y[n] > 0, work.x)
                listen(ahead, work)
                size = int64(cheapest(model, state, ahead, work, n, y[n], k, weight, scale))
                q[n] = size if y[n] > 0 else -size
            heard = model.levels[size] if y[n] > 0 else -model.levels[size]
            describe(heard, around[t + BEFORE, n + ASIDE])
        if size:
            accumulate(model.net, state, t, n, int32(q[n]), SIZES[size])
            total += SIZES[size]
    state.totals[t % LATELY] = total
    clear(state, row)


@compiled()
def decide(y, q, first, model, state, ahead, around, work, price):  # type: ignore[no-untyped-def]
    """Levels q (T, B) of coefficients y (T, B) in steps; those of frames before `first` are sent.

    state: of the entropy model before frame 0. around: as `describe_all` filled it; it is changed.
    """
    for t in range(len(q)):
        decide_frame(
            y[t],
            q[t],
            t < first,
            model,
            state,
            ahead,
            around,
            work,
            t,
            price.weights[t],
            float32(price.scale),
        )


@compiled()
def spend(q, model, state, spent):  # type: ignore[no-untyped-def]
    """Bits spent (T, B) of levels q (T, B), of each bin: for those that fit an `Ahead`."""
    most = len(model.levels) - 1
    for t in range(len(q)):
        lately = int64(0)
        for i in range(len(state.totals)):
            lately += state.totals[i]
        density, total, row = density_class(lately), int64(0), t % (LAGS + 1)
        for n in range(q.shape[1]):
            size, near = abs(int64(q[t, n])), state.near[row, n + REACH]
            k = model.quiet[density, n]
            if near or size:
                forward(model.net, state, row, n, density)
            if near:
                k = model.sigmoid[level_logit(model.net, state, n, int64(1)) + LARGEST]
            spent[t, n] = bits(model.costs, k, size > 0)
            if not size:
                continue
            k = model.sigmoid[sign_logit(model.net, state) + LARGEST]
            spent[t, n] += bits(model.costs, k, q[t, n] > 0)
            for level in range(2, min(size + 1, most) + 1):
                k = model.sigmoid[level_logit(model.net, state, n, level) + LARGEST]
                spent[t, n] += bits(model.costs, k, level <= size)
            accumulate(model.net, state, t, n, int32(q[t, n]), SIZES[size])
            total += SIZES[size]
        state.totals[t % LATELY] = total
        clear(state, row)


@compiled()
def describe_bins(sent, raw, frames, bins, positive, levels, x):  # type: ignore[no-untyped-def]
    """Features x (M, FEATURES) of M bins at their levels, as `gather` has them."""
    for i in range(len(frames)):
        gather(sent, raw, frames[i], bins[i], positive[i], x[i])
        x[i, FEATURES - 3] = np.sqrt(float32(levels[i]))
        x[i, FEATURES - 2] = 1 if levels[i] == 0 else 0
