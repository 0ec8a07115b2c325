"""What the network of `neighbours_net` is made of, and what its compiled part works on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.entropy.static import Frequencies

Weights = NDArray[np.int16 | np.int32]


class Net(NamedTuple):
    """Weights, of neighbours by (lag, bin heard from → bin that hears + REACH, unit).

    Of lag 0, the step itself, only the upper bins hear: entries up to the middle are unused.
    """

    sizes: Weights  # (LAGS + 1, (2·REACH + 1)·HEARD)
    harmonics: Weights  # (3·len(RATIOS), HEARD)
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


class Chances(NamedTuple):
    """k of what is told of levels: that one changes, that it then rises, by one more."""

    loudness: Frequencies  # (3,)
    bands: Frequencies  # (M, 2·LAST + 1, 2·ASIDE + 1, 3), by its own last change, its neighbour's


class Overtones(NamedTuple):
    """Who hears a bin n by `Net.harmonics`: entries `starts[n]` .. `starts[n + 1]` − 1."""

    starts: NDArray[np.int64]  # (B + 1,)
    targets: NDArray[np.int64]
    rows: NDArray[np.int64]  # of the weights


class Tape(NamedTuple):
    """Symbols in coding order: those of a decoder, or those that are known."""

    decoding: bool
    words: NDArray[np.uint32]
    state: NDArray[np.uint64]
    symbols: NDArray[np.int32]
    k: Frequencies
    length: NDArray[np.int64]  # (1,), symbols so far


class Ear(NamedTuple):
    """The sums of the bins to come: of step t in row t modulo LAGS + 1, of bin n at n + REACH."""

    heard: NDArray[np.int32]  # (LAGS + 1, (B + 2·REACH)·HEARD), in 1/2048
    beats: NDArray[np.int32]  # (LAGS + 1, (B + 2·REACH)·BEATS), in 1/2048
    near: NDArray[np.uint8]  # (LAGS + 1, B + 2·REACH): is there anything
    first: NDArray[np.int32]  # (HEARD,): layers of the bin in question
    beat: NDArray[np.int32]  # (BEATS,)
    size: NDArray[np.int32]  # (BEATS,), |beat|
    second: NDArray[np.int32]  # (HIDDEN,)
    overtones: Overtones
