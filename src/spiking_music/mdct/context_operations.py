"""What the context-mixing network computes for given levels, in multiply-accumulates.

Sums grow only where a bin fires, and the layers run only for bins near one that did, so the count
depends on the music. A layer counts in full: the code skips units that are 0 (an upper bound).
"""

import numpy as np
from numpy.typing import NDArray

from spiking_music.mdct.context_network import (
    FIRST_UNITS,
    LAGS,
    REACH,
    SECOND_UNITS,
    SIGNED_LAGS,
    SIGNED_REACH,
    SIGNED_UNITS,
)

LAYERS = SIGNED_UNITS * FIRST_UNITS + FIRST_UNITS * SECOND_UNITS  # up to the second layer's units
SIGN = SIGNED_UNITS * (SECOND_UNITS + 1)  # gates, and what they let through
HEARD = (  # sums that a bin which fires adds to, but for those of its overtones
    (LAGS * (2 * REACH + 1) + REACH) * FIRST_UNITS
    + (SIGNED_LAGS * (2 * SIGNED_REACH + 1) + SIGNED_REACH) * SIGNED_UNITS
)


def operations(levels: NDArray[np.int8], most: int, sources: NDArray[np.int64]) -> int:
    """Multiply-accumulates of coding `levels` (T, B), −`most` .. `most`, from silence on.

    sources (rows, B): the bins that each hears as overtones, −1 for none.
    """
    size = np.abs(levels.astype(np.int64))
    fires, near = size > 0, near_events(levels != 0, sources)
    heard_by = np.bincount(sources[sources >= 0], minlength=levels.shape[1]) * FIRST_UNITS  # (B,)
    symbols = np.minimum(size, most - 1).sum()  # of the levels from the second on
    layers = np.count_nonzero(near | fires) * LAYERS
    logits = (np.count_nonzero(near) + symbols) * SECOND_UNITS
    return int(layers + logits + fires.sum() * (SIGN + HEARD) + (fires * heard_by).sum())


def near_events(fires: NDArray[np.bool_], sources: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where something that was coded before adds to the sums of a bin, (T, B)."""
    steps, bins = fires.shape
    near = np.zeros_like(fires)
    for aside in range(-REACH, REACH + 1):
        heard = np.zeros_like(fires)  # the bin that is `aside` above
        low, high = max(0, -aside), min(bins, bins - aside)
        if low >= high:
            continue
        heard[:, low:high] = fires[:, low + aside : high + aside]
        for lag in range(LAGS + 1):
            if lag or aside < 0:
                near[lag:] |= heard[: max(0, steps - lag)]
    for heard_bins in sources:
        near |= fires[:, heard_bins] & (heard_bins >= 0)
    return near
