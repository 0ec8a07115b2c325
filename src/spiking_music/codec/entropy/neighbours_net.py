"""The network of `neighbours` in whole numbers: what a bin hears, and what follows from it.

A bin that fires adds to the sums of all later bins in its reach, so that silence costs nothing.
Weights are multiples of 1/256 within ±`LARGEST_WEIGHT`, sizes of 1/8, activations of 1/256 up to
`ROOF`. With so many taps and units no sum exceeds 2^31, whatever the weights:
the first layer's is at most 153 taps · 80 · 2047 · 2^5 + 24 · 8191 · 2047 + 2 · 2047 · 2^8 < 2^31.
"""

from math import isqrt
from typing import NamedTuple

import numpy as np
from numba import int32, njit
from numpy.typing import NDArray

from spiking_music.codec.entropy.integers import LARGEST
from spiking_music.codec.entropy.ladder import MOST_GRADES, Layout

LAGS = 8  # steps back
REACH = 8  # bins to either side
SIGNED_LAGS = 6  # the same of signs, which tell less from afar
SIGNED_REACH = 3
HEARD = 32  # units of the first layer
BEATS = 24  # sums of signed sizes
HIDDEN = 32  # units of the second layer
CLASSES = 32  # of how much fires
LATELY = 8  # steps over which that is counted
LARGEST_WEIGHT = 2047
ROOF = 8191
# of grades, 8·√|q| rounded
SIZES = np.array([(isqrt(256 * n) + 1) // 2 for n in range(MOST_GRADES + 1)], np.int32)
Weights = NDArray[np.int16 | np.int32]


class Net(NamedTuple):
    """Weights, of neighbours by (lag, bin heard from → bin that hears + REACH, unit).

    Of lag 0, the step itself, only the upper bins hear: entries up to the middle are unused.
    """

    sizes: Weights  # (LAGS + 1, (2·REACH + 1)·HEARD)
    signs: Weights  # (SIGNED_LAGS + 1, (2·SIGNED_REACH + 1)·BEATS)
    beats: Weights  # (HEARD, BEATS): of |beats|
    bins: Weights  # (B, HEARD)
    classes: Weights  # (CLASSES, HEARD)
    deep: Weights  # (HIDDEN, HEARD)
    deep_bias: Weights  # (HIDDEN,)
    rungs: Weights  # (G, HIDDEN)
    rungs_bias: Weights  # (G,)
    fires: Weights  # (B,): to be added to the first rung's
    gates: Weights  # (BEATS, HIDDEN)
    gates_bias: Weights  # (BEATS,)


def shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    """The shape of every weight, in their order."""
    return {
        "sizes": (LAGS + 1, (2 * REACH + 1) * HEARD),
        "signs": (SIGNED_LAGS + 1, (2 * SIGNED_REACH + 1) * BEATS),
        "beats": (HEARD, BEATS),
        "bins": (layout.bins, HEARD),
        "classes": (CLASSES, HEARD),
        "deep": (HIDDEN, HEARD),
        "deep_bias": (HIDDEN,),
        "rungs": (layout.grades, HIDDEN),
        "rungs_bias": (layout.grades,),
        "fires": (layout.bins,),
        "gates": (BEATS, HIDDEN),
        "gates_bias": (BEATS,),
    }


class Ear(NamedTuple):
    """The sums of the bins to come: of step t in row t modulo LAGS + 1, of bin n at n + REACH."""

    heard: NDArray[np.int32]  # (LAGS + 1, (B + 2·REACH)·HEARD), in 1/2048
    beats: NDArray[np.int32]  # (LAGS + 1, (B + 2·REACH)·BEATS), in 1/2048
    near: NDArray[np.uint8]  # (LAGS + 1, B + 2·REACH): is there anything
    first: NDArray[np.int32]  # (HEARD,): layers of the bin in question
    beat: NDArray[np.int32]  # (BEATS,)
    size: NDArray[np.int32]  # (BEATS,), |beat|
    second: NDArray[np.int32]  # (HIDDEN,)


def new_ear(bins: int) -> Ear:
    """The ear that has heard nothing yet."""
    rows, places = LAGS + 1, bins + 2 * REACH
    return Ear(
        heard=np.zeros((rows, places * HEARD), np.int32),
        beats=np.zeros((rows, places * BEATS), np.int32),
        near=np.zeros((rows, places), np.uint8),
        first=np.zeros(HEARD, np.int32),
        beat=np.zeros(BEATS, np.int32),
        size=np.zeros(BEATS, np.int32),
        second=np.zeros(HIDDEN, np.int32),
    )


@njit(cache=True, nogil=True)
def density_class(total):  # type: ignore[no-untyped-def]
    """0 .. CLASSES − 1 of the sizes of all that fired lately: half octaves of their sum."""
    square, found = total * total, 0
    while square:
        square >>= 1
        found += 1
    return min(found, CLASSES - 1)


@njit(cache=True, nogil=True)
def hear(net, ear, step, n, grade, size):  # type: ignore[no-untyped-def]
    """Let the bins in reach of bin n hear that it fired at `step` with a grade of that size."""
    rows = LAGS + 1
    for lag in range(rows):
        row, first = (step + lag) % rows, 0 if lag else REACH + 1
        ear.near[row, n + first : n + 2 * REACH + 1] = 1
        _add(ear.heard[row], n + first, net.sizes[lag], first, HEARD, int32(size))
    for lag in range(SIGNED_LAGS + 1):
        # a steady tone's coefficients turn from step to step, and the other way in the next bin
        turned = (grade < 0) != bool(lag & n & 1)
        row, first = (step + lag) % rows, 0 if lag else SIGNED_REACH + 1
        start = n + first + REACH - SIGNED_REACH
        _add(ear.beats[row], start, net.signs[lag], first, BEATS, int32(-size if turned else size))


@njit(cache=True, nogil=True)
def forget(ear, step):  # type: ignore[no-untyped-def]
    """Clear the sums of a step that is over."""
    row = step % (LAGS + 1)
    ear.heard[row] = 0
    ear.beats[row] = 0
    ear.near[row] = 0


@njit(cache=True, nogil=True)
def think(net, ear, step, n, density):  # type: ignore[no-untyped-def]
    """Fill the layers `first`, `beat` and `second` of bin n at `step`."""
    row, place = step % (LAGS + 1), n + REACH
    heard = ear.heard[row, place * HEARD : (place + 1) * HEARD]
    beats = ear.beats[row, place * BEATS : (place + 1) * BEATS]
    first, second, beat, size = ear.first, ear.second, ear.beat, ear.size
    for j in range(len(beats)):
        beat[j] = min(max(beats[j] >> 3, -ROOF), ROOF)
        size[j] = abs(beat[j])
    bins, classes = net.bins[n], net.classes[density]
    for i in range(len(heard)):
        first[i] = (heard[i] << 5) + ((bins[i] + classes[i]) << 8)
    _add_layer(first, net.beats, size)
    bias = net.deep_bias
    for i in range(len(bias)):
        second[i] = bias[i] << 8
    _add_layer(second, net.deep, first)


@njit(cache=True, nogil=True)
def rung(net, ear, n, grade):  # type: ignore[no-untyped-def]
    """The logit of bin n's grade `grade` where the one below it fires, of `squash`'s range."""
    bias = net.rungs_bias[grade - 1] + (net.fires[n] if grade == 1 else 0)
    total = _dot(net.rungs[grade - 1], ear.second) + (bias << 8)
    return min(max(total >> 10, -LARGEST), LARGEST)


@njit(cache=True, nogil=True)
def sign(net, ear):  # type: ignore[no-untyped-def]
    """The logit of a positive sign."""
    total = 0  # of 64 bits
    for j in range(len(ear.beat)):
        gate = _dot(net.gates[j], ear.second) + (net.gates_bias[j] << 8)
        total += min(max(gate >> 8, -ROOF), ROOF) * ear.beat[j]
    return min(max(total >> 10, -LARGEST), LARGEST)


# Loops are as long as an array is, since of one whose length it knows the compiler makes a list of
# instructions for single numbers instead of using vectors: ten times slower.


@njit(cache=True, nogil=True)
def _dot(weights, units):  # type: ignore[no-untyped-def]
    total = int32(0)
    for i in range(len(units)):
        total += weights[i] * units[i]
    return total


@njit(cache=True, nogil=True)
def _add_layer(sums, weights, units):  # type: ignore[no-untyped-def]
    """sums (in 1/65536) + weights @ units, in 1/256 between 0 and the roof; in place."""
    for i in range(len(sums)):
        total = int32(0)
        for j in range(len(units)):
            total += weights[i, j] * units[j]
        sums[i] = min(max((sums[i] + total) >> 8, 0), ROOF)


@njit(cache=True, nogil=True)
def _add(sums, place, weights, first, width, size):  # type: ignore[no-untyped-def]
    """sums of bins from `place` on, `width` each, += size · weights from bin `first` on."""
    sums, weights = sums[place * width :], weights[first * width :]
    for i in range(len(weights)):
        sums[i] += weights[i] * size
