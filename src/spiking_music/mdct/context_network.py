"""The compiled part of `context_mixing`: its network in whole numbers, and the order of coding.

All of it is in one file, as numba keeps what it compiled until the *same* file changes.

A bin that fires adds to the sums of all later bins in its reach, so that silence costs nothing.
Weights are multiples of 1/256 within ±`LARGEST_WEIGHT`, sizes of 1/8, activations of 1/256 up to
`ROOF`. With so many taps and units no sum exceeds 2^31, whatever the weights:
the first layer's is at most 96 taps · 80 · 2047 · 2^5 + 24 · 8191 · 2047 + 2 · 2047 · 2^8 < 2^31.
"""

from math import isqrt

import numpy as np
from numba import int32, int64, uint16

from spiking_music.mdct.sparse_layer import layer
from spiking_music.mdct.thermometer import MOST_LEVELS
from spiking_music.rangecoder.binary_code import WRONG, take
from spiking_music.rangecoder.compiled import compiled, inner
from spiking_music.rangecoder.probabilities import LARGEST, WHOLE

LAGS = 6  # steps back
REACH = 6  # bins to either side
SIGNED_LAGS = 6  # the same of signs
SIGNED_REACH = 3
RATIOS = ((1, 2), (1, 3), (2, 3), (3, 4))  # of further bins at a step, and of those beside them
FIRST_UNITS = 64  # units of the first layer
SIGNED_UNITS = 24  # sums of signed sizes
SECOND_UNITS = 48  # units of the second layer
CLASSES = 32  # of how much fires
LATELY = 8  # steps over which that is counted
LARGEST_WEIGHT = 2047
ROOF = 8191
# of levels, 8·√|q| rounded
SIZES = np.array([(isqrt(256 * n) + 1) // 2 for n in range(MOST_LEVELS + 1)], np.int32)
CHANGES, RISES, MORE = range(3)  # of the loudness: does it? does it then? by one more?
EVEN = WHOLE // 2
_layer_of_beats = layer(SIGNED_UNITS, FIRST_UNITS, ROOF)
_deep_layer = layer(FIRST_UNITS, SECOND_UNITS, ROOF)
LAST, ASIDE = 2, 3  # changes that a band's level is told, its own last and its neighbour's: clipped


@compiled()
def density_class(total):  # type: ignore[no-untyped-def]
    """0 .. CLASSES − 1 of the sizes of all that fired lately: half octaves of their sum."""
    square, found = total * total, 0
    while square:
        square >>= 1
        found += 1
    return min(found, CLASSES - 1)


@inner()
def accumulate(net, state, step, n, level, size):  # type: ignore[no-untyped-def]
    """Add bin n, which fired at `step` with a level of that size, to the sums of its neighbours."""
    rows, size = LAGS + 1, int32(size)
    for lag in range(rows):
        row, first = (step + lag) % rows, 0 if lag else REACH + 1
        state.near[row, n + first : n + 2 * REACH + 1] = 1
        _add(
            state.sums[row, (n + first) * FIRST_UNITS :],
            net.sizes[lag, first * FIRST_UNITS :],
            size,
        )
    over = state.overtones
    for i in range(over.starts[n], over.starts[n + 1]):
        row, place = step % rows, over.targets[i] + REACH
        state.near[row, place] = 1
        _add(state.sums[row, place * FIRST_UNITS :], net.harmonics[over.rows[i]], size)
    for lag in range(SIGNED_LAGS + 1):
        # a steady tone's coefficients turn from step to step, and the other way in the next bin
        turned = (level < 0) != bool(lag & n & 1)
        row, first = (step + lag) % rows, 0 if lag else SIGNED_REACH + 1
        beats = state.signed_sums[row, (n + first + REACH - SIGNED_REACH) * SIGNED_UNITS :]
        _add(beats, net.signs[lag, first * SIGNED_UNITS :], int32(-size) if turned else size)


@inner()
def clear(state, row):  # type: ignore[no-untyped-def]
    """Clear the sums of a step that is over, which are in that row."""
    state.sums[row] = 0
    state.signed_sums[row] = 0
    state.near[row] = 0


@inner()
def forward(net, state, row, n, density):  # type: ignore[no-untyped-def]
    """Fill the layers `first`, `beat` and `second` of bin n, whose sums are in that row."""
    place = n + REACH
    heard = state.sums[row, place * FIRST_UNITS : (place + 1) * FIRST_UNITS]
    beats = state.signed_sums[row, place * SIGNED_UNITS : (place + 1) * SIGNED_UNITS]
    first, second, beat, size = state.first, state.second, state.beat, state.size
    for j in range(len(beats)):
        beat[j] = min(max(beats[j] >> 3, -ROOF), ROOF)
        size[j] = abs(beat[j])
    bins, classes = net.bins[n], net.classes[density]
    for i in range(len(heard)):
        first[i] = (heard[i] << 5) + bins[i] + classes[i]
    _layer_of_beats(first, net.beats, size)
    for i in range(len(second)):
        second[i] = net.deep_bias[i]
    _deep_layer(second, net.deep, first)


@inner()
def level_logit(net, state, n, level):  # type: ignore[no-untyped-def]
    """The logit of bin n's `level` where the one below it fires, in the sigmoid table's range."""
    bias = net.levels_bias[level - 1] + (net.significance[n] if level == 1 else 0)
    total = _dot(net.levels[level - 1], state.second) + (bias << 8)
    return min(max(total >> 10, -LARGEST), LARGEST)


@inner()
def sign_logit(net, state):  # type: ignore[no-untyped-def]
    """The logit of a positive sign."""
    total = 0  # of 64 bits
    for j in range(len(state.beat)):
        if state.beat[j]:
            gate = _dot(net.gates[j], state.second) + (net.gates_bias[j] << 8)
            total += min(max(gate >> 8, -ROOF), ROOF) * state.beat[j]
    return min(max(total >> 10, -LARGEST), LARGEST)


# Loops are as long as an array is, since of one whose length it knows the compiler makes a list of
# instructions for single numbers instead of using vectors: ten times slower. Totals are kept to 32
# bits, as numba would widen them, which is twice as slow.


@inner()
def _dot(weights, units):  # type: ignore[no-untyped-def]
    total = int32(0)
    for i in range(len(units)):
        total = int32(total + int32(weights[i] * units[i]))
    return total


@inner()
def _add(sums, weights, size):  # type: ignore[no-untyped-def]
    """The first of `sums` += size · weights."""
    for i in range(len(weights)):
        sums[i] += weights[i] * size


@inner()
def _code(buffer, known, k):  # type: ignore[no-untyped-def]
    """The next symbol, of probability k / 65536 of a one."""
    symbol = np.int32(take(buffer.words, buffer.state, k)) if buffer.decoding else np.int32(known)
    place = buffer.length[0]
    buffer.symbols[place], buffer.k[place] = symbol, k
    buffer.length[0] = place + 1
    return symbol


@inner()
def _code_first(buffer, level, most):  # type: ignore[no-untyped-def]
    """The first loudness of a block, a number 0 .. most."""
    width = 0
    while most >> width:
        width += 1
    found = 0
    for digit in range(width - 1, -1, -1):
        found = 2 * found + _code(buffer, (level >> digit & 1) != 0, uint16(EVEN))
    if found > most:
        buffer.state[WRONG] = np.uint64(1)
        return most
    return found


@inner()
def _code_next(buffer, level, before, most, k):  # type: ignore[no-untyped-def]
    """The level after one of `before`, by the probabilities k of `CHANGES`, `RISES` and `MORE`."""
    if not _code(buffer, level != before, k[CHANGES]):
        return before
    if before == 0 or before == most:
        rises = before == 0
    else:
        rises = _code(buffer, level > before, k[RISES]) == 1
    way, end = (1, most) if rises else (-1, 0)
    found = before + way
    while found != end and _code(buffer, level != found, k[MORE]):
        found += way
    return found


@inner()
def _code_bands(buffer, levels, block, rise, k, most):  # type: ignore[no-untyped-def]
    """Levels (blocks, M) of a block's bands, lowest first; loudness has risen by `rise` since."""
    for m in range(levels.shape[1]):
        if block == 0:
            levels[block, m] = _code_first(buffer, levels[block, m], most)
            continue
        before = levels[block - 1, m]
        last = before - levels[block - 2, m] if block > 1 else 0
        row = k[m, min(max(last, -LAST), LAST) + LAST, min(max(rise, -ASIDE), ASIDE) + ASIDE]
        levels[block, m] = _code_next(buffer, levels[block, m], before, most, row)
        rise = levels[block, m] - before


@inner()
def _code_level(buffer, net, state, step, n, known, sigmoid_table):  # type: ignore[no-untyped-def]
    """The level of bin n, which fires and whose layers are filled in."""
    positive = _code(buffer, known > 0, sigmoid_table[sign_logit(net, state) + LARGEST])
    size, most = 1, len(net.levels)
    while size < most:
        k = sigmoid_table[level_logit(net, state, n, size + 1) + LARGEST]
        if not _code(buffer, abs(known) > size, k):
            break
        size += 1
    found = size if positive else -size
    accumulate(net, state, step, n, found, SIZES[size])
    return found


@inner()
def _code_step(buffer, q, net, state, step, density, sigmoid_table, quiet):  # type: ignore[no-untyped-def]
    """The levels q (B,) of a step; the sum of their sizes."""
    total, row = 0, step % (LAGS + 1)
    for n in range(len(q)):
        near = state.near[row, n + REACH]
        if near:
            forward(net, state, row, n, density)
            k = sigmoid_table[level_logit(net, state, n, int64(1)) + LARGEST]
        else:
            k = quiet[density, n]
        if _code(buffer, q[n] != 0, k):
            if not near:
                forward(net, state, row, n, density)
            q[n] = _code_level(buffer, net, state, step, n, int32(q[n]), sigmoid_table)
            total += SIZES[abs(q[n])]
    return total


@compiled()
def run(buffer, quantized, state, net, transitions, layout, sigmoid_table, quiet, first):  # type: ignore[no-untyped-def]
    """Code the `Quantized` from step `first` on, which are filled in when decoding.

    `state` is that before this step, and after the last one in the end.
    """
    q, loudness, bands = quantized
    most = layout.gains
    for t in range(first, len(q)):
        if t == 0:
            loudness[t] = _code_first(buffer, loudness[t], most)
        else:
            before = loudness[t - 1]
            loudness[t] = _code_next(buffer, loudness[t], before, most, transitions.gain)
        if t % layout.band_frames == 0:
            rise = loudness[t] - loudness[max(t - layout.band_frames, 0)]
            _code_bands(
                buffer,
                bands,
                t // layout.band_frames,
                rise,
                transitions.envelope,
                layout.band_levels,
            )
        lately = int64(0)
        for i in range(len(state.totals)):
            lately += state.totals[i]
        density = density_class(lately)
        total = _code_step(buffer, q[t], net, state, t, density, sigmoid_table, quiet)
        state.totals[t % LATELY] = total
        clear(state, t % (LAGS + 1))


@compiled()
def fill_quiet(net, state, sigmoid_table, quiet):  # type: ignore[no-untyped-def]
    """k that bins fire of which nothing is near, quiet (CLASSES, B)."""
    for density in range(quiet.shape[0]):
        for n in range(quiet.shape[1]):
            forward(net, state, int64(0), n, density)
            logit = level_logit(net, state, n, int64(1))
            quiet[density, n] = sigmoid_table[logit + LARGEST]
