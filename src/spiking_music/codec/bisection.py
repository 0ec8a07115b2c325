"""The first level that fits, of every block, in a few probes instead of a sweep (`rate_control`).

For models of steps (*ours*): a finer step spends more bits and errs less, so that five probes of 32
levels tell. Where a block departs from that, what is sure is that the level found fits and that the
one before it does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Probe:
    """A block at a level, and whether that is as wished."""

    level: int
    codes: NDArray[np.uint8]  # (N, T)
    fits: bool


Try = Callable[[list[int], list[int]], list[Probe]]


def first_fitting(blocks: int, order: Sequence[int], probe: Try) -> list[Probe]:
    """The probe of each block at the first level of `order` that fits; at the last, if none does.

    order: levels, the best wished for first; if one fits, so should all that follow. probe: tries
    the blocks of these indices at these levels, one each.
    """
    last = len(order) - 1
    low, high = [0] * blocks, [last] * blocks  # places in `order` that bound the answer
    found: list[Probe | None] = [None] * blocks  # at `high`
    while going := [i for i in range(blocks) if low[i] < high[i] or found[i] is None]:
        places = [(low[i] + high[i]) // 2 for i in going]
        probes = probe(going, [order[place] for place in places])
        for i, place, tried in zip(going, places, probes, strict=True):
            if tried.fits or place == last:
                found[i], high[i] = tried, place
            else:
                low[i] = place + 1
    return [each for each in found if each is not None]
