"""Ladders by a learned network of the neighbours already coded, in whole numbers.

Coding order: step after step, at each first the loudness, where they may change the levels of
bands, then bin after bin, lowest first: does it fire? its sign; its grades from the second on, each
while the one below fires. So a block has far fewer symbols than entries. Loudness and levels start
as plain numbers; then: does it change? does it rise? by one more? A level is expected to go on as
it did last, and with the loudness or the band below. The probabilities of all else are those of
`neighbours_net`, of the sizes and signs of what fired in the last steps and in the bins below.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.entropy.binary_code import EventDecoder
from spiking_music.codec.entropy.integers import squash
from spiking_music.codec.entropy.ladder import Layout, Rungs, check_layout, climb, descend
from spiking_music.codec.entropy.neighbours_net import (
    ASIDE,
    BEATS,
    CLASSES,
    HEARD,
    HIDDEN,
    LAGS,
    LARGEST_WEIGHT,
    LAST,
    RATIOS,
    REACH,
    SIGNED_LAGS,
    SIGNED_REACH,
    fill_quiet,
    run,
)
from spiking_music.codec.entropy.neighbours_parts import Chances, Ear, Net, Overtones, Tape
from spiking_music.codec.entropy.static import Decoded, Predicted
from spiking_music.codec.formats import Events
from spiking_music.errors import CodeError


class NeighboursTables(NamedTuple):
    """What is shipped."""

    layout: NDArray[np.int32]  # (6,), a `Layout`
    chances: Chances
    net: Net  # of int16


class Neighbours:
    """Coding by `NeighboursTables`."""

    def __init__(self, tables: NeighboursTables) -> None:
        self._layout = Layout(*tables.layout.tolist())
        self._chances = tables.chances
        self._net = Net(*(np.ascontiguousarray(table, np.int32) for table in tables.net))
        self._squash = squash()
        self._quiet = np.empty((CLASSES, self._layout.bins), np.uint16)
        fill_quiet(self._net, new_ear(self._layout.bins), self._squash, self._quiet)

    def predict(self, z: Events) -> Predicted | None:
        """z (N, T) → its symbols and their k in coding order, (M,) each; None of no ladder."""
        ladder = climb(z, self._layout)
        if ladder is None:
            return None
        return self._run(ladder, EventDecoder(b""), decoding=False)

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (M,) each."""
        layout = self._layout
        grades, loudness = np.zeros((steps, layout.bins), np.int8), np.zeros(steps, np.int16)
        bands = np.zeros((-(-steps // layout.held), layout.bands), np.int16)
        ladder = Rungs(grades, loudness, bands)
        symbols, k = self._run(ladder, decoder, decoding=True)
        decoder.check()
        return Decoded(descend(ladder, layout), symbols, k)

    def _run(self, ladder: Rungs, decoder: EventDecoder, decoding: bool) -> Predicted:
        """The symbols of a ladder that is read, or filled in from `decoder`."""
        layout = self._layout
        first = layout.loudness.bit_length() + layout.bands * layout.levels.bit_length()
        most = len(ladder.loudness) * (layout.rows + first + 2 * (1 + layout.bands))
        symbols, k = np.empty(most, np.int32), np.empty(most, np.uint16)
        length = np.zeros(1, np.int64)
        tape = Tape(decoding, decoder.words, decoder.state, symbols, k, length)
        ear = new_ear(layout.bins)
        run(tape, ladder, ear, self._net, self._chances, layout, self._squash, self._quiet)
        return Predicted(symbols[: length[0]], k[: length[0]])


def shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    """The shape of every weight, in their order."""
    return {
        "sizes": (LAGS + 1, (2 * REACH + 1) * HEARD),
        "harmonics": (3 * len(RATIOS), HEARD),
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


def check_neighbours(tables: NeighboursTables) -> Layout:
    """The layout; `CodeError` where tables have other shapes, types or ranges than these."""
    if tables.layout.shape != (len(Layout._fields),) or tables.layout.dtype != np.int32:
        raise CodeError("an entropy model lacks its layout: fit its tables again")
    layout = check_layout(Layout(*tables.layout.tolist()))
    contexts = (layout.bands, 2 * LAST + 1, 2 * ASIDE + 1, 3)
    for k, shape in zip(tables.chances, ((3,), contexts), strict=True):
        if k.shape != shape or k.dtype != np.uint16 or k.min() < 1:
            raise CodeError("probabilities of loudness cannot be used: fit the tables again")
    for table, shape in zip(tables.net, shapes(layout).values(), strict=True):
        if table.shape != shape or table.dtype != np.int16:
            raise CodeError(f"weights {table.shape} where {shape} belong: fit the tables again")
        if np.abs(table.astype(np.int32)).max() > LARGEST_WEIGHT:
            raise CodeError("weights of an entropy model are too large: fit its tables again")
    return layout


def sources(bins: int) -> NDArray[np.int64]:
    """The bin that each of `bins` hears by each row of `Net.harmonics`, −1 for none, (rows, B)."""
    own, found = np.arange(bins), []
    for over, under in RATIOS:
        for aside in (-1, 0, 1):
            heard = (2 * own + 1) * over // (2 * under) + aside
            found.append(np.where((heard >= 0) & (heard < own), heard, -1))
    return np.array(found)


@cache
def overtones(bins: int) -> Overtones:
    """Those of a ladder of so many bins."""
    heard = sources(bins)
    rows, targets = np.nonzero(heard >= 0)
    order = np.argsort(heard[rows, targets], kind="stable")
    rows, targets = rows[order], targets[order]
    starts = np.searchsorted(heard[rows, targets], np.arange(bins + 1))
    return Overtones(starts, targets, rows)


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
        overtones=overtones(bins),
    )
