"""What the context-mixing network is made of, and what its compiled part works on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.rangecoder.static import Frequencies

Weights = NDArray[np.int16 | np.int32]


class Net(NamedTuple):
    """Weights, of neighbours by (lag, bin heard from → bin that hears + REACH, unit).

    Of lag 0, the step itself, only the upper bins hear: entries up to the middle are unused.
    """

    sizes: Weights  # (LAGS + 1, (2·REACH + 1)·FIRST_UNITS)
    harmonics: Weights  # (3·len(RATIOS), FIRST_UNITS)
    signs: Weights  # (SIGNED_LAGS + 1, (2·SIGNED_REACH + 1)·SIGNED_UNITS)
    beats: Weights  # (FIRST_UNITS, SIGNED_UNITS): of |beats|
    bins: Weights  # (B, FIRST_UNITS)
    classes: Weights  # (CLASSES, FIRST_UNITS)
    deep: Weights  # (SECOND_UNITS, FIRST_UNITS)
    deep_bias: Weights  # (SECOND_UNITS,)
    levels: Weights  # (G, SECOND_UNITS), a logit a level
    levels_bias: Weights  # (G,)
    significance: Weights  # (B,): to be added to the first level's
    gates: Weights  # (SIGNED_UNITS, SECOND_UNITS)
    gates_bias: Weights  # (SIGNED_UNITS,)


class Transitions(NamedTuple):
    """k of gain and envelope: that a level changes, that it then rises, by one more."""

    gain: Frequencies  # (3,)
    envelope: Frequencies  # (M, 2·LAST + 1, 2·ASIDE + 1, 3), by last changes: its own, beside


class Overtones(NamedTuple):
    """Who hears a bin n by `Net.harmonics`: entries `starts[n]` .. `starts[n + 1]` − 1."""

    starts: NDArray[np.int64]  # (B + 1,)
    targets: NDArray[np.int64]
    rows: NDArray[np.int64]  # of the weights


class SymbolBuffer(NamedTuple):
    """Symbols in coding order: those of a decoder, or those that are known."""

    decoding: bool
    words: NDArray[np.uint32]
    state: NDArray[np.uint64]
    symbols: NDArray[np.int32]
    k: Frequencies
    length: NDArray[np.int64]  # (1,), symbols so far


class ContextState(NamedTuple):
    """The sums of the bins to come: of step t in row t modulo LAGS + 1, of bin n at n + REACH."""

    sums: NDArray[np.int32]  # (LAGS + 1, (B + 2·REACH)·FIRST_UNITS), in 1/2048
    signed_sums: NDArray[np.int32]  # (LAGS + 1, (B + 2·REACH)·SIGNED_UNITS), in 1/2048
    near: NDArray[np.uint8]  # (LAGS + 1, B + 2·REACH): is there anything
    first: NDArray[np.int32]  # (FIRST_UNITS,): layers of the bin in question
    beat: NDArray[np.int32]  # (SIGNED_UNITS,)
    size: NDArray[np.int32]  # (SIGNED_UNITS,), |beat|
    second: NDArray[np.int32]  # (SECOND_UNITS,)
    totals: NDArray[np.int64]  # (LATELY,), sizes of all that fired: of step t at t modulo LATELY
    overtones: Overtones
