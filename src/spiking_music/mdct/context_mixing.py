"""The context-mixing entropy model of quantised MDCT bins, in whole numbers (*ours*).

Coding order: frame after frame, at each first the frame gain, where it may change the envelope,
then bin after bin, lowest first: is it significant (does it fire)? its sign; its levels from the
second on, each while the one below fires. So a block has far fewer symbols than entries. Gain and
envelope start as plain numbers; then: does it change? does it rise? by one more? A level of the
envelope is expected to go on as it did last, and with the gain or the band below. The probabilities
of all else are those of `context_network`, of the sizes and signs of the bins coded before.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError
from spiking_music.mdct.context_network import (
    ASIDE,
    CLASSES,
    FIRST_UNITS,
    LAGS,
    LARGEST_WEIGHT,
    LAST,
    LATELY,
    RATIOS,
    REACH,
    SECOND_UNITS,
    SIGNED_LAGS,
    SIGNED_REACH,
    SIGNED_UNITS,
    fill_quiet,
    run,
)
from spiking_music.mdct.context_operations import operations
from spiking_music.mdct.context_tables import (
    ContextState,
    Net,
    Overtones,
    SymbolBuffer,
    Transitions,
)
from spiking_music.mdct.thermometer import (
    Events,
    Layout,
    Quantized,
    check_layout,
    from_thermometer,
    to_thermometer,
)
from spiking_music.rangecoder.binary_code import EventDecoder
from spiking_music.rangecoder.probabilities import sigmoid_table
from spiking_music.rangecoder.static import Decoded, Predicted


class ContextMixingTables(NamedTuple):
    """What is shipped."""

    layout: NDArray[np.int32]  # (6,), a `Layout`
    transitions: Transitions
    net: Net  # of int16

    @classmethod
    def of(cls, arrays: dict[str, NDArray]) -> "ContextMixingTables":
        """The inverse of `arrays`; `KeyError` where one is missing."""
        transitions = Transitions(*(arrays[f"transitions.{name}"] for name in Transitions._fields))
        net = Net(*(arrays[f"net.{name}"] for name in Net._fields))
        return cls(arrays["layout"], transitions, net)

    def arrays(self) -> dict[str, NDArray]:
        """All of them by name."""
        found: dict[str, NDArray] = {"layout": self.layout}
        found |= {f"transitions.{k}": table for k, table in self.transitions._asdict().items()}
        return found | {f"net.{name}": table for name, table in self.net._asdict().items()}

    def check(self) -> int:
        """Rows of the layout; `CodeError` where tables have other shapes, types or ranges."""
        if self.layout.shape != (len(Layout._fields),) or self.layout.dtype != np.int32:
            raise CodeError("an entropy model lacks its layout: fit its tables again")
        layout = check_layout(Layout(*self.layout.tolist()))
        contexts = (layout.bands, 2 * LAST + 1, 2 * ASIDE + 1, 3)
        for k, shape in zip(self.transitions, ((3,), contexts), strict=True):
            if k.shape != shape or k.dtype != np.uint16 or k.min() < 1:
                raise CodeError("probabilities of gains cannot be used: fit the tables again")
        for table, shape in zip(self.net, shapes(layout).values(), strict=True):
            if table.shape != shape or table.dtype != np.int16:
                raise CodeError(f"weights {table.shape} where {shape} belong: fit the tables again")
            if np.abs(table.astype(np.int32)).max() > LARGEST_WEIGHT:
                raise CodeError("weights of an entropy model are too large: fit its tables again")
        return layout.rows

    def model(self) -> "ContextMixing":
        """The method that works with them."""
        return ContextMixing(self)


class ContextMixing:
    """Coding by `ContextMixingTables`."""

    def __init__(self, tables: ContextMixingTables) -> None:
        self._layout = Layout(*tables.layout.tolist())
        self._transitions = tables.transitions
        self.net = prepared(tables.net)
        self._sigmoid = sigmoid_table()
        self.quiet = np.empty((CLASSES, self._layout.bins), np.uint16)
        fill_quiet(self.net, new_state(self._layout.bins), self._sigmoid, self.quiet)

    def predict(self, z: Events) -> Predicted | None:
        """z (N, T) → its symbols and their k in coding order, (M,) each; None where z is no
        thermometer code."""
        found = self.start().predict(z)
        return None if found is None else found[0]

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse: z (N, T), then its symbols and their k in coding order, (M,) each."""
        return self.start().decode(decoder, steps)[0]

    def operations(self, z: Events) -> int:
        """Multiply-accumulates that predicting the thermometer code z (N, T) takes."""
        quantized = from_thermometer(z, self._layout)
        assert quantized is not None  # as `predict` would have said
        return operations(quantized.levels, self._layout.levels, sources(self._layout.bins))

    def start(self) -> "Continued":
        """What codes a matrix that comes in pieces of some steps."""
        layout = self._layout
        nothing = Quantized(
            np.empty((0, layout.bins), np.int8),
            np.empty(0, np.int16),
            np.empty((0, layout.bands), np.int16),
        )
        return Continued(self, nothing, new_state(layout.bins))

    @property
    def layout(self) -> Layout:
        """Of its matrices."""
        return self._layout

    def run(
        self,
        quantized: Quantized,
        state: ContextState,
        first: int = 0,
        decoder: EventDecoder | None = None,
    ) -> Predicted:
        """The symbols of what is read from step `first` on, or filled in from a decoder.

        state: that before this step, which becomes that after the last.
        """
        layout = self._layout
        initial = layout.gains.bit_length() + layout.bands * layout.band_levels.bit_length()
        steps = len(quantized.gains) - first
        most = steps * (layout.rows + initial + 2 * (1 + layout.bands))
        symbols, k = np.empty(most, np.int32), np.empty(most, np.uint16)
        length = np.zeros(1, np.int64)
        source = decoder or EventDecoder(b"")
        decoding = decoder is not None
        buffer = SymbolBuffer(decoding, source.words, source.state, symbols, k, length)
        run(
            buffer,
            quantized,
            state,
            self.net,
            self._transitions,
            layout,
            self._sigmoid,
            self.quiet,
            first,
        )
        return Predicted(symbols[: length[0]], k[: length[0]])


class Continued(NamedTuple):
    """`ContextMixing` between two pieces of a matrix; it stays as it is when it codes the next."""

    mixing: ContextMixing
    past: Quantized  # of all the steps before
    state: ContextState  # after them

    def predict(self, z: Events) -> "tuple[Predicted, Continued] | None":
        """As `ContextMixing.predict`, of the next steps of the matrix."""
        found = from_thermometer(z, self.mixing.layout) if self._whole else None
        if found is None:
            return None
        after = self._with(found)
        return self.mixing.run(after.past, after.state, len(self.past.gains)), after

    def decode(self, decoder: EventDecoder, steps: int) -> "tuple[Decoded, Continued]":
        """The inverse, as `ContextMixing.decode`; `CodeError` where nothing can go on."""
        if not self._whole:
            raise CodeError("codes go on where a level of the envelope is not over")
        layout = self.mixing.layout
        held = -(-steps // layout.band_frames)
        empty = Quantized(
            np.zeros((steps, layout.bins), np.int8),
            np.zeros(steps, np.int16),
            np.zeros((held, layout.bands), np.int16),
        )
        after, first = self._with(empty), len(self.past.gains)
        symbols, k = self.mixing.run(after.past, after.state, first, decoder)
        decoder.check()
        levels, gains, bands = after.past
        new = Quantized(levels[first:], gains[first:], bands[len(self.past.envelope) :])
        return Decoded(to_thermometer(new, layout), symbols, k), after

    @property
    def _whole(self) -> bool:
        """Whether all levels of the envelope so far have been held to their end."""
        return len(self.past.gains) % self.mixing.layout.band_frames == 0

    def _with(self, new: Quantized) -> "Continued":
        """The same, with further steps and a state to be changed."""
        past = Quantized._make(
            np.concatenate([getattr(self.past, name), getattr(new, name)])
            for name in Quantized._fields
        )
        changed = (name for name in ContextState._fields if name != "overtones")
        own = {name: getattr(self.state, name).copy() for name in changed}
        return Continued(self.mixing, past, self.state._replace(**own))


def shapes(layout: Layout) -> dict[str, tuple[int, ...]]:
    """The shape of every weight, in their order."""
    return {
        "sizes": (LAGS + 1, (2 * REACH + 1) * FIRST_UNITS),
        "harmonics": (3 * len(RATIOS), FIRST_UNITS),
        "signs": (SIGNED_LAGS + 1, (2 * SIGNED_REACH + 1) * SIGNED_UNITS),
        "beats": (FIRST_UNITS, SIGNED_UNITS),
        "bins": (layout.bins, FIRST_UNITS),
        "classes": (CLASSES, FIRST_UNITS),
        "deep": (SECOND_UNITS, FIRST_UNITS),
        "deep_bias": (SECOND_UNITS,),
        "levels": (layout.levels, SECOND_UNITS),
        "levels_bias": (layout.levels,),
        "significance": (layout.bins,),
        "gates": (SIGNED_UNITS, SECOND_UNITS),
        "gates_bias": (SIGNED_UNITS,),
    }


def prepared(net: Net) -> Net:
    """The weights as `context_network` takes them: 32 bits; those of a unit side by side in the
    layers of which most units are 0; biases as large as the sums they are added to.
    """
    wide = Net(*(np.ascontiguousarray(table, np.int32) for table in net))
    return wide._replace(
        beats=np.ascontiguousarray(wide.beats.T),
        bins=wide.bins << 8,
        classes=wide.classes << 8,
        deep=np.ascontiguousarray(wide.deep.T),
        deep_bias=wide.deep_bias << 8,
    )


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
    """Those of a matrix of so many bins."""
    heard = sources(bins)
    rows, targets = np.nonzero(heard >= 0)
    order = np.argsort(heard[rows, targets], kind="stable")
    rows, targets = rows[order], targets[order]
    starts = np.searchsorted(heard[rows, targets], np.arange(bins + 1))
    return Overtones(starts, targets, rows)


def new_state(bins: int) -> ContextState:
    """The state before the first frame."""
    rows, places = LAGS + 1, bins + 2 * REACH
    return ContextState(
        sums=np.zeros((rows, places * FIRST_UNITS), np.int32),
        signed_sums=np.zeros((rows, places * SIGNED_UNITS), np.int32),
        near=np.zeros((rows, places), np.uint8),
        first=np.zeros(FIRST_UNITS, np.int32),
        beat=np.zeros(SIGNED_UNITS, np.int32),
        size=np.zeros(SIGNED_UNITS, np.int32),
        second=np.zeros(SECOND_UNITS, np.int32),
        totals=np.zeros(LATELY, np.int64),
        overtones=overtones(bins),
    )
