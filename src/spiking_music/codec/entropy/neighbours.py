"""Ladders by a learned network of the neighbours already coded, in whole numbers.

Coding order: step after step, at each first the loudness, then bin after bin, lowest first: does it
fire? its sign; its grades from the second on, each while the one below fires. So a block has far
fewer symbols than entries. The loudness starts as a plain number; then: does it change? does it
rise? by one more? The probabilities of all else are those of `neighbours_net`, of the sizes and
signs of what fired in the last steps and in the bins below.
"""

from typing import NamedTuple

import numpy as np
from numba import int32, njit
from numpy.typing import NDArray

from spiking_music.codec.entropy.binary_code import WRONG, EventDecoder, take
from spiking_music.codec.entropy.integers import LARGEST, WHOLE, squash
from spiking_music.codec.entropy.ladder import Ladder, Layout, check_layout, climb, descend
from spiking_music.codec.entropy.neighbours_net import (
    CLASSES,
    LAGS,
    LARGEST_WEIGHT,
    LATELY,
    REACH,
    SIZES,
    Net,
    density_class,
    forget,
    hear,
    new_ear,
    rung,
    shapes,
    sign,
    think,
)
from spiking_music.codec.entropy.static import Decoded, Frequencies, Predicted
from spiking_music.codec.formats import Events
from spiking_music.errors import CodeError

CHANGES, RISES, MORE = range(3)
EVEN = WHOLE // 2


class NeighboursTables(NamedTuple):
    """What is shipped."""

    layout: NDArray[np.int32]  # (3,), a `Layout`
    loudness: Frequencies  # (3,): that it changes; that it then rises; by one more
    net: Net  # of int16


class _Tape(NamedTuple):
    """Symbols in coding order: those of a decoder, or those that are known."""

    decoding: bool
    words: NDArray[np.uint32]
    state: NDArray[np.uint64]
    symbols: NDArray[np.int32]
    k: Frequencies
    length: NDArray[np.int64]  # (1,), symbols so far


class Neighbours:
    """Coding by `NeighboursTables`."""

    def __init__(self, tables: NeighboursTables) -> None:
        self._layout = Layout(*tables.layout.tolist())
        self._loudness = tables.loudness
        self._net = Net(*(np.ascontiguousarray(table, np.int32) for table in tables.net))
        self._squash = squash()
        self._quiet = np.empty((CLASSES, self._layout.bins), np.uint16)
        _fill_quiet(self._net, new_ear(self._layout.bins), self._squash, self._quiet)

    def predict(self, z: Events) -> Predicted | None:
        """z (N, T) → its symbols and their k in coding order, (M,) each; None of no ladder."""
        ladder = climb(z, self._layout)
        if ladder is None:
            return None
        return self._run(ladder, EventDecoder(b""), decoding=False)

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (M,) each."""
        grades = np.zeros((steps, self._layout.bins), np.int8)
        ladder = Ladder(grades, np.zeros(steps, np.int16))
        symbols, k = self._run(ladder, decoder, decoding=True)
        decoder.check()
        return Decoded(descend(ladder, self._layout), symbols, k)

    def _run(self, ladder: Ladder, decoder: EventDecoder, decoding: bool) -> Predicted:
        """The symbols of a ladder that is read, or filled in from `decoder`."""
        layout = self._layout
        most = len(ladder.loudness) * (layout.rows + layout.loudness.bit_length() + 2)
        symbols, k = np.empty(most, np.int32), np.empty(most, np.uint16)
        length = np.zeros(1, np.int64)
        tape = _Tape(decoding, decoder.words, decoder.state, symbols, k, length)
        ear = new_ear(layout.bins)
        fixed = (self._net, self._loudness, layout.loudness, self._squash, self._quiet)
        _run(tape, ladder.grades, ladder.loudness, ear, *fixed)
        return Predicted(symbols[: length[0]], k[: length[0]])


def check_neighbours(tables: NeighboursTables) -> Layout:
    """The layout; `CodeError` where tables have other shapes, types or ranges than these."""
    if tables.layout.shape != (3,) or tables.layout.dtype != np.int32:
        raise CodeError("an entropy model lacks its layout: fit its tables again")
    layout = check_layout(Layout(*tables.layout.tolist()))
    k = tables.loudness
    if k.shape != (3,) or k.dtype != np.uint16 or k.min() < 1:
        raise CodeError("probabilities of loudness cannot be used: fit the tables again")
    for table, shape in zip(tables.net, shapes(layout).values(), strict=True):
        if table.shape != shape or table.dtype != np.int16:
            raise CodeError(f"weights {table.shape} where {shape} belong: fit the tables again")
        if np.abs(table.astype(np.int32)).max() > LARGEST_WEIGHT:
            raise CodeError("weights of an entropy model are too large: fit its tables again")
    return layout


@njit(cache=True, nogil=True)
def _code(tape, known, k):  # type: ignore[no-untyped-def]
    """The next symbol, of probability k / 65536 of a one."""
    symbol = np.int32(take(tape.words, tape.state, k)) if tape.decoding else np.int32(known)
    place = tape.length[0]
    tape.symbols[place], tape.k[place] = symbol, k
    tape.length[0] = place + 1
    return symbol


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _code_next(tape, level, before, most, loudness):  # type: ignore[no-untyped-def]
    """The loudness after one of `before`."""
    if not _code(tape, level != before, loudness[CHANGES]):
        return before
    if before == 0 or before == most:
        rises = before == 0
    else:
        rises = _code(tape, level > before, loudness[RISES]) == 1
    way, end = (1, most) if rises else (-1, 0)
    found = before + way
    while found != end and _code(tape, level != found, loudness[MORE]):
        found += way
    return found


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _run(tape, q, levels, ear, net, loudness, most, squash, quiet):  # type: ignore[no-untyped-def]
    """Code q (T, B) and levels (T,), which are filled in when decoding."""
    sums = np.zeros(LATELY, np.int64)
    for t in range(len(q)):
        if t == 0:
            levels[t] = _code_first(tape, levels[t], most)
        else:
            levels[t] = _code_next(tape, levels[t], levels[t - 1], most, loudness)
        density = density_class(sums.sum())
        total = _code_step(tape, q[t], net, ear, t, density, squash, quiet[density])
        sums[t % LATELY] = total
        forget(ear, t)


@njit(cache=True, nogil=True)
def _fill_quiet(net, ear, squash, quiet):  # type: ignore[no-untyped-def]
    """k that bins fire of which nothing is near, quiet (CLASSES, B)."""
    for density in range(quiet.shape[0]):
        for n in range(quiet.shape[1]):
            think(net, ear, 0, n, density)
            quiet[density, n] = squash[rung(net, ear, n, 1) + LARGEST]
