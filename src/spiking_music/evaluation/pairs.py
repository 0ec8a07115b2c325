"""Events and the notes they answer to, read side by side in bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spiking_music import hdf5
from spiking_music.dataset.onsets import read_onsets
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.codes import open_codes


class Sliceable(Protocol):
    """What h5py, zarr and numpy have in common."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, key: Any) -> Any: ...


@dataclass(frozen=True)
class Rows:
    """Some `rows` of codes (clips, N, T)."""

    codes: Sliceable
    rows: NDArray[np.intp]

    @property
    def shape(self) -> tuple[int, ...]:
        clips, _, steps = self.codes.shape
        return clips, len(self.rows), steps

    def __getitem__(self, clips: Any) -> Any:
        return self.codes[clips][:, self.rows]


@dataclass(frozen=True)
class Pairs:
    """Codes z (clips, N, T) in {0, 1} and onset counts n (clips, P, T) of the same clips.

    `spans` cuts the clips into performances: the clips of a span follow one another in time.
    """

    codes: Sliceable
    onsets: Sliceable
    spans: list[slice]

    def __post_init__(self) -> None:
        (clips, _, steps), (scored, _, grid) = self.codes.shape, self.onsets.shape
        if (clips, steps) != (scored, grid):
            raise DataError(
                f"codes of {clips} clips x {steps} steps do not belong to onsets of"
                f" {scored} x {grid}: run the rules of both again"
            )

    @property
    def clips(self) -> int:
        return self.codes.shape[0]

    @property
    def units(self) -> int:
        """N."""
        return self.codes.shape[1]

    @property
    def notes(self) -> int:
        """P: 88 on a piano."""
        return self.onsets.shape[1]

    @property
    def steps(self) -> int:
        """T, steps a clip."""
        return self.codes.shape[2]

    def batches(self, size: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """Yield z (≤ size, N, T) and n (≤ size, P, T)."""
        for start in range(0, self.clips, size):
            yield self.codes[start : start + size], self.onsets[start : start + size]

    def of_units(self, units: NDArray[np.intp]) -> "Pairs":
        """The same of some units only."""
        return Pairs(Rows(self.codes, units), self.onsets, self.spans)

    def performances(self) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Yield z (N, M) and n (P, M): the M steps of all clips of a performance in one row."""
        for span in self.spans:
            yield _joined(self.codes[span]), _joined(self.onsets[span])


def spans(performance: NDArray[Any]) -> list[slice]:
    """Runs of equal entries of `performance` (clips,), as slices."""
    edges = np.flatnonzero(np.diff(performance)) + 1
    bounds = [0, *edges.tolist(), len(performance)]
    return [slice(a, b) for a, b in pairwise(bounds) if a < b]


@contextmanager
def open_pairs(codes: Path, onsets: Path) -> Iterator[tuple[Pairs, float]]:
    """Open the codes (.h5) and the onsets (.zarr.zip) of a split.

    Yields the pairs and the steps a second. Raises `DataError` where the onsets cannot be read or
    are of other clips, `CodeError` where the codes are absent, damaged or not binary.
    """
    with open_codes(codes) as coded:
        kind = coded.origin.kind
    if kind != "binary":
        raise CodeError(f"'{codes}' holds {kind} codes: selectivity is about binary events")
    notes = read_onsets(onsets)
    with hdf5.opened(codes) as file:
        yield Pairs(file["codes"], notes.onsets, spans(notes.performance)), notes.step_rate


def _joined(clips: NDArray[Any]) -> NDArray[np.float32]:
    """(clips, rows, T) as (rows, clips · T)."""
    return clips.swapaxes(0, 1).reshape(clips.shape[1], -1).astype(np.float32)
