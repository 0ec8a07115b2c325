"""Which listeners count: the paper's rule and that of ITU-R BS.1534-3, side by side."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from spiking_music.errors import DataError
from spiking_music.listening.scores import PAPERS_ANCHOR, REFERENCE, Pages

EXCELLENT = 80.0  # the lower end of the best of five bands
BAD = 20.0  # the upper end of the worst
MISSED = 90.0  # BS.1534-3: a hidden reference rated below was not heard out
MAY_MISS = 15  # % of the items


def paper(reference: np.ndarray, anchor: np.ndarray) -> bool:
    """Keep a listener whose reference (clips,) is "Excellent" and whose anchor (clips,) is "Bad".

    On every clip, and a score on the border of a band counts in the listener's favour
    (both *ours*: the paper does not say).

    Lisboa & Bellec 2024, MUSHRA screening.
    """
    return bool((reference >= EXCELLENT).all() and (anchor <= BAD).all())


def bs1534(reference: np.ndarray, anchor: np.ndarray) -> bool:
    """Keep a listener who rates the hidden reference below 90 on at most 15 % of the items."""
    return bool(100 * np.count_nonzero(reference < MISSED) <= MAY_MISS * len(reference))


SCREENINGS: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "paper": paper,
    "BS.1534-3": bs1534,
}


def screen(pages: Pages) -> pd.DataFrame:
    """A row a listener: what the rules look at, and by each rule 1 where the listener is kept.

    Columns: unit, reference_lowest, reference_below_90 (share of clips), anchor_highest, and the
    names of `SCREENINGS`. Raises `DataError` where the test has no hidden reference or no anchor.
    """
    for system in (REFERENCE, PAPERS_ANCHOR):
        if system not in pages.systems:
            raise DataError(f"the test has no system '{system}': listeners cannot be screened")
    rows = []
    for unit in np.unique(pages.units):
        scores = pages.scores[pages.units == unit]  # (clips, K)
        reference = scores[:, pages.systems.index(REFERENCE)]
        anchor = scores[:, pages.systems.index(PAPERS_ANCHOR)]
        rows.append(
            {
                "unit": unit,
                "reference_lowest": reference.min(),
                "reference_below_90": np.mean(reference < MISSED),
                "anchor_highest": anchor.max(),
                **{name: int(rule(reference, anchor)) for name, rule in SCREENINGS.items()},
            }
        )
    return pd.DataFrame(rows)
