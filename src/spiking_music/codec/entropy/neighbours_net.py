"""The compiled part of `neighbours`: its network in whole numbers, and the order of coding.

All of it is in one file, as numba keeps what it compiled until the *same* file changes.

A bin that fires adds to the sums of all later bins in its reach, so that silence costs nothing.
Weights are multiples of 1/256 within ±`LARGEST_WEIGHT`, sizes of 1/8, activations of 1/256 up to
`ROOF`. With so many taps and units no sum exceeds 2^31, whatever the weights:
the first layer's is at most 96 taps · 80 · 2047 · 2^5 + 24 · 8191 · 2047 + 2 · 2047 · 2^8 < 2^31.
"""

from math import isqrt

import numpy as np
from numba import int32

from spiking_music.codec.entropy.binary_code import WRONG, take
from spiking_music.codec.entropy.compiled import compiled
from spiking_music.codec.entropy.integers import LARGEST, WHOLE
from spiking_music.codec.entropy.ladder import MOST_GRADES

LAGS = 6  # steps back
REACH = 6  # bins to either side
SIGNED_LAGS = 6  # the same of signs
SIGNED_REACH = 3
RATIOS = (
    (1, 2),
    (1, 3),
    (2, 3),
    (3, 4),
)  # of further bins at the same step, and those next to them
HEARD = 64  # units of the first layer
BEATS = 24  # sums of signed sizes
HIDDEN = 48  # units of the second layer
CLASSES = 32  # of how much fires
LATELY = 8  # steps over which that is counted
LARGEST_WEIGHT = 2047
ROOF = 8191
# of grades, 8·√|q| rounded
SIZES = np.array([(isqrt(256 * n) + 1) // 2 for n in range(MOST_GRADES + 1)], np.int32)
CHANGES, RISES, MORE = range(3)  # of the loudness: does it? does it then? by one more?
EVEN = WHOLE // 2
LAST, ASIDE = 2, 3  # changes that a band's level is told, its own last and its neighbour's: clipped


@compiled()
def density_class(total):  # type: ignore[no-untyped-def]
    """0 .. CLASSES − 1 of the sizes of all that fired lately: half octaves of their sum."""
    square, found = total * total, 0
    while square:
        square >>= 1
        found += 1
    return min(found, CLASSES - 1)


@compiled()
def hear(net, ear, step, n, grade, size):  # type: ignore[no-untyped-def]
    """Let the bins in reach of bin n hear that it fired at `step` with a grade of that size."""
    rows, size = LAGS + 1, int32(size)
    for lag in range(rows):
        row, first = (step + lag) % rows, 0 if lag else REACH + 1
        ear.near[row, n + first : n + 2 * REACH + 1] = 1
        _add(ear.heard[row, (n + first) * HEARD :], net.sizes[lag, first * HEARD :], size)
    over = ear.overtones
    for i in range(over.starts[n], over.starts[n + 1]):
        row, place = step % rows, over.targets[i] + REACH
        ear.near[row, place] = 1
        _add(ear.heard[row, place * HEARD :], net.harmonics[over.rows[i]], size)
    for lag in range(SIGNED_LAGS + 1):
        # a steady tone's coefficients turn from step to step, and the other way in the next bin
        turned = (grade < 0) != bool(lag & n & 1)
        row, first = (step + lag) % rows, 0 if lag else SIGNED_REACH + 1
        beats = ear.beats[row, (n + first + REACH - SIGNED_REACH) * BEATS :]
        _add(beats, net.signs[lag, first * BEATS :], -size if turned else size)


@compiled()
def forget(ear, step):  # type: ignore[no-untyped-def]
    """Clear the sums of a step that is over."""
    row = step % (LAGS + 1)
    ear.heard[row] = 0
    ear.beats[row] = 0
    ear.near[row] = 0


@compiled()
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


@compiled()
def rung(net, ear, n, grade):  # type: ignore[no-untyped-def]
    """The logit of bin n's grade `grade` where the one below it fires, of `squash`'s range."""
    bias = net.rungs_bias[grade - 1] + (net.fires[n] if grade == 1 else 0)
    total = _dot(net.rungs[grade - 1], ear.second) + (bias << 8)
    return min(max(total >> 10, -LARGEST), LARGEST)


@compiled()
def sign(net, ear):  # type: ignore[no-untyped-def]
    """The logit of a positive sign."""
    total = 0  # of 64 bits
    for j in range(len(ear.beat)):
        gate = _dot(net.gates[j], ear.second) + (net.gates_bias[j] << 8)
        total += min(max(gate >> 8, -ROOF), ROOF) * ear.beat[j]
    return min(max(total >> 10, -LARGEST), LARGEST)


# Loops are as long as an array is, since of one whose length it knows the compiler makes a list of
# instructions for single numbers instead of using vectors: ten times slower. Totals are kept to 32
# bits, as numba would widen them, which is twice as slow.


@compiled()
def _dot(weights, units):  # type: ignore[no-untyped-def]
    total = int32(0)
    for i in range(len(units)):
        total = int32(total + int32(weights[i] * units[i]))
    return total


@compiled()
def _add_layer(sums, weights, units):  # type: ignore[no-untyped-def]
    """sums (in 1/65536) + weights @ units, in 1/256 between 0 and the roof; in place."""
    for i in range(len(sums)):
        total = int32(0)
        for j in range(len(units)):
            total = int32(total + int32(weights[i, j] * units[j]))
        sums[i] = min(max((sums[i] + total) >> 8, 0), ROOF)


@compiled()
def _add(sums, weights, size):  # type: ignore[no-untyped-def]
    """The first of `sums` += size · weights."""
    for i in range(len(weights)):
        sums[i] += weights[i] * size


@compiled()
def _code(tape, known, k):  # type: ignore[no-untyped-def]
    """The next symbol, of probability k / 65536 of a one."""
    symbol = np.int32(take(tape.words, tape.state, k)) if tape.decoding else np.int32(known)
    place = tape.length[0]
    tape.symbols[place], tape.k[place] = symbol, k
    tape.length[0] = place + 1
    return symbol


@compiled()
def _code_first(tape, level, most):  # type: ignore[no-untyped-def]
    """The first loudness of a block, a number 0 .. most."""
    width = 0
    while most >> width:
        width += 1
    found = 0
    for digit in range(width - 1, -1, -1):
        found = 2 * found + _code(tape, level >> digit & 1, EVEN)
    if found > most:
        tape.state[WRONG] = np.uint64(1)
        return most
    return found


@compiled()
def _code_next(tape, level, before, most, k):  # type: ignore[no-untyped-def]
    """The level after one of `before`, by the probabilities k of `CHANGES`, `RISES` and `MORE`."""
    if not _code(tape, level != before, k[CHANGES]):
        return before
    if before == 0 or before == most:
        rises = before == 0
    else:
        rises = _code(tape, level > before, k[RISES]) == 1
    way, end = (1, most) if rises else (-1, 0)
    found = before + way
    while found != end and _code(tape, level != found, k[MORE]):
        found += way
    return found


@compiled()
def _code_bands(tape, levels, block, rise, k, most):  # type: ignore[no-untyped-def]
    """Levels (blocks, M) of a block's bands, lowest first; loudness has risen by `rise` since."""
    for m in range(levels.shape[1]):
        if block == 0:
            levels[block, m] = _code_first(tape, levels[block, m], most)
            continue
        before = levels[block - 1, m]
        last = before - levels[block - 2, m] if block > 1 else 0
        row = k[m, min(max(last, -LAST), LAST) + LAST, min(max(rise, -ASIDE), ASIDE) + ASIDE]
        levels[block, m] = _code_next(tape, levels[block, m], before, most, row)
        rise = levels[block, m] - before


@compiled()
def _code_grade(tape, net, ear, step, n, known, squash):  # type: ignore[no-untyped-def]
    """The grade of bin n, which fires and of which `ear` thinks; the later bins hear it."""
    positive = _code(tape, known > 0, squash[sign(net, ear) + LARGEST])
    size, most = 1, len(net.rungs)
    while size < most:
        k = squash[rung(net, ear, n, size + 1) + LARGEST]
        if not _code(tape, abs(known) > size, k):
            break
        size += 1
    found = size if positive else -size
    hear(net, ear, step, n, found, SIZES[size])
    return found


@compiled()
def _code_step(tape, q, net, ear, step, density, squash, quiet):  # type: ignore[no-untyped-def]
    """The grades q (B,) of a step; the sum of their sizes."""
    total = 0
    near = ear.near[step % (LAGS + 1)]
    for n in range(len(q)):
        if near[n + REACH]:
            think(net, ear, step, n, density)
            k = squash[rung(net, ear, n, 1) + LARGEST]
        else:
            k = quiet[n]
        if _code(tape, q[n] != 0, k):
            if not near[n + REACH]:
                think(net, ear, step, n, density)
            q[n] = _code_grade(tape, net, ear, step, n, int32(q[n]), squash)
            total += SIZES[abs(q[n])]
    return total


@compiled()
def run(tape, rungs, ear, net, chances, layout, squash, quiet):  # type: ignore[no-untyped-def]
    """Code the `Rungs`, which are filled in when decoding."""
    q, loudness, bands = rungs
    sums, most = np.zeros(LATELY, np.int64), layout.loudness
    for t in range(len(q)):
        if t == 0:
            loudness[t] = _code_first(tape, loudness[t], most)
        else:
            before = loudness[t - 1]
            loudness[t] = _code_next(tape, loudness[t], before, most, chances.loudness)
        if t % layout.held == 0:
            rise = loudness[t] - loudness[max(t - layout.held, 0)]
            _code_bands(tape, bands, t // layout.held, rise, chances.bands, layout.levels)
        density = density_class(sums.sum())
        total = _code_step(tape, q[t], net, ear, t, density, squash, quiet[density])
        sums[t % LATELY] = total
        forget(ear, t)


@compiled()
def fill_quiet(net, ear, squash, quiet):  # type: ignore[no-untyped-def]
    """k that bins fire of which nothing is near, quiet (CLASSES, B)."""
    for density in range(quiet.shape[0]):
        for n in range(quiet.shape[1]):
            think(net, ear, 0, n, density)
            quiet[density, n] = squash[rung(net, ear, n, 1) + LARGEST]
