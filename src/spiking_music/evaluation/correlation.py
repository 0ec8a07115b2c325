"""Events and the notes they answer to: read side by side, correlated, and in bits.

Correlation C and its prominence φ are those of Lisboa & Bellec 2024, eq. (9) and figure 5.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.special import xlogy

from spiking_music import hdf5
from spiking_music.data.onsets import read_onsets
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.codes_file import open_codes


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


BATCH = 32  # clips


def correlate(pairs: Pairs, max_lag: int) -> NDArray[np.float64]:
    """C^{iα}(τ) = ⟨Σ_t z^i_t n^α_{t+τ}⟩ over clips: (N, P, 2L + 1), lags −L .. L = `max_lag`.

    Lisboa & Bellec 2024, eq. (9). A positive lag means that the event came before the note.
    Sums run within each clip, beyond which both are zero. One product of spectra (N × clips by
    clips × P) at each frequency serves all lags; counts are whole numbers and come out exact.
    """
    size = scipy.fft.next_fast_len(pairs.steps + max_lag, real=True)  # no wrap-around up to L
    spectrum = np.zeros((size // 2 + 1, pairs.units, pairs.notes), dtype=np.complex128)
    for codes, onsets in pairs.batches(BATCH):
        events = scipy.fft.rfft(codes.astype(np.float64), size)  # (B, N, F)
        notes = scipy.fft.rfft(onsets.astype(np.float64), size)  # (B, P, F)
        spectrum += events.conj().transpose(2, 1, 0) @ notes.transpose(2, 0, 1)  # (F, N, P)
    counts = np.rint(scipy.fft.irfft(spectrum, size, axis=0))
    lags = np.arange(-max_lag, max_lag + 1)
    return np.ascontiguousarray(counts[lags].transpose(1, 2, 0)) / pairs.clips


def count_all(pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Events S^i of each unit (N,) and onsets K^α of each note (P,) in the split."""
    sums = [
        (codes.sum(axis=(0, 2), dtype=np.int64), onsets.sum(axis=(0, 2), dtype=np.int64))
        for codes, onsets in pairs.batches(BATCH)
    ]
    events, onsets = zip(*sums, strict=True)
    return np.sum(events, axis=0), np.sum(onsets, axis=0)


def prominence(
    correlation: NDArray[np.float64],
    events: NDArray[np.integer],
    onsets: NDArray[np.integer],
    pairs: Pairs,
    window: int,
) -> NDArray[np.float64]:
    """φ^{iα} = Σ_{|τ|<w} (C(τ) − C̄) / √(S^i K^α), the normalised integral of the peak: (N, P).

    C̄ is the mean over all lags; `events` S (N,) and `onsets` K (P,) count over the clips. Mean and
    scale are *ours*: the paper integrates the peak. A unit that fires once for each onset of a note
    has φ ≈ 1, an independent one 0 with about the same spread, √((2w − 1) / steps), for rare and
    frequent notes. φ < 0: they avoid each other.

    Lisboa & Bellec 2024, figure 5.
    """
    reach = correlation.shape[-1] // 2
    lags = np.abs(np.arange(-reach, reach + 1))
    flat = unbiased(correlation, pairs.steps)
    excess = (flat - flat.mean(axis=-1, keepdims=True))[..., lags < window].sum(axis=-1)
    scale = np.sqrt(np.outer(events, onsets)) / pairs.clips
    return np.divide(excess, scale, out=np.zeros_like(excess), where=scale > 0)


def unbiased(correlation: NDArray[np.floating], steps: int) -> NDArray[np.float64]:
    """C as if all lags had as many pairs: a clip of T = `steps` has only T − |τ| of them at τ."""
    reach = correlation.shape[-1] // 2
    lags = np.abs(np.arange(-reach, reach + 1))
    return correlation * (steps / (steps - lags))


def information(
    pairs: Pairs, lag: int, surrogates: int, seed: int, step_rate: float
) -> NDArray[np.float64]:
    """I(z^i_t; y^α_t) · `step_rate` in bits a second for each pair (N, P), y: onset within ± `lag`.

    Both are binary at each step, so the plug-in estimate needs one 2 × 2 table a pair. It is biased
    upwards; the bias is measured by the same estimate under `surrogates` circular shifts of each
    performance (as in `significance`) and subtracted. Were steps independent this would be the
    Miller–Madow term 1 / (2 M ln 2); autocorrelation makes it larger. Values near zero may come
    out slightly negative and are left so: clipping would bring the bias back.

    It is the information of single steps times their rate: what the past of z adds is not counted,
    nor is what several units say together.

    Mutual information of units and notes (*ours*).
    """
    shape = (pairs.units, pairs.notes)
    joint = np.zeros((1 + surrogates, *shape))  # steps with event and onset; row 0 is unshifted
    events_total, near_total, steps_total = np.zeros(shape[0]), np.zeros(shape[1]), 0
    for index, (events, notes) in enumerate(pairs.performances()):
        steps = events.shape[1]
        near = maximum_filter1d(np.minimum(notes, 1), 2 * lag + 1, mode="wrap")  # (P, M)
        drawn = np.random.default_rng([seed, index]).integers(steps, size=surrogates)
        for row, shift in enumerate((0, *drawn)):
            joint[row] += events @ np.roll(near, -shift, axis=1).T
        events_total += events.sum(axis=1)
        near_total += near.sum(axis=1)
        steps_total += steps
    bits = table_information(joint, events_total[:, None], near_total, steps_total)
    return (bits[0] - bits[1:].mean(axis=0)) * step_rate


def table_information(
    joint: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64], total: int
) -> NDArray[np.float64]:
    """Plug-in mutual information in bits of two binary variables, from counts of ones.

    `joint`: both are one; `first`, `second`: the one, the other is; `total`: observations.
    """
    cells = (joint, first - joint, second - joint, total - first - second + joint)
    margins = (first, total - first, second, total - second)

    def entropy(counts: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
        return -sum(xlogy(count / total, count / total) for count in counts) / np.log(2)

    return entropy(margins[:2]) + entropy(margins[2:]) - entropy(cells)
