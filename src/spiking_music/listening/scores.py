"""Scores as the pages of a test: who gave which system how much, side by side."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = "reference"  # hidden among the systems
PAPERS_ANCHOR = "anchor-distorted"
ANCHOR_NAMES = {  # of `evaluation.anchor` -> in a listening test
    "lowpass-7000": "anchor-7000",
    "lowpass-3500": "anchor-3500",
    "anchor": PAPERS_ANCHOR,
}
ORDER = (  # of tables and figures; other systems follow by name
    *(REFERENCE, "mdct-shipped", "rvq", "free", "sparse", "mel", "rvq-impaired"),
    *ANCHOR_NAMES.values(),
)


@dataclass(frozen=True)
class Pages:
    """P pages: the K systems of one clip, scored by one listener or by one metric.

    Pages of a unit resemble each other: units, not pages, are independent. A unit is a listener; of
    objective scores it is a performance.
    """

    source: str  # who scored, in words that every table and figure repeats
    screening: str  # which units are here
    systems: tuple[str, ...]  # K
    scores: NDArray[np.float64]  # (P, K)
    units: NDArray[np.str_]  # (P,)
    clips: NDArray[np.str_]  # (P,)

    def screened(self, screening: str, kept: Collection[str]) -> "Pages":
        """The pages of the units `kept`."""
        here = np.isin(self.units, list(kept))
        scores, units, clips = self.scores[here], self.units[here], self.clips[here]
        return replace(self, screening=screening, scores=scores, units=units, clips=clips)

    def unit_means(self) -> NDArray[np.float64]:
        """Mean over the clips of each unit, (U, K), units sorted by name."""
        _, owner = np.unique(self.units, return_inverse=True)
        sums = np.stack([np.bincount(owner, column) for column in self.scores.T], axis=1)
        return sums / np.bincount(owner)[:, None]

    def table(self) -> "pd.DataFrame":
        """A row a score: source, screening, unit, clip, system, score."""
        import pandas as pd  # here, as the collector of ratings does without

        pages, systems = self.scores.shape
        return pd.DataFrame(
            {
                "source": self.source,
                "screening": self.screening,
                "unit": np.repeat(self.units, systems),
                "clip": np.repeat(self.clips, systems),
                "system": np.tile(np.array(self.systems), pages),
                "score": self.scores.ravel(),
            }
        )


def under_test(system: str) -> bool:
    """Neither the reference nor an anchor."""
    return system != REFERENCE and not system.startswith("anchor")


def in_order(systems: Iterable[str]) -> tuple[str, ...]:
    """The systems in the order of `ORDER`, unknown ones last and by name."""
    place = {name: index for index, name in enumerate(ORDER)}
    return tuple(sorted(systems, key=lambda name: (place.get(name, len(place)), name)))
