"""Which units of a binary variant are tuned to which notes: correlation, test, information.

docs/selectivity.md has the definitions and what each column is worth.
"""

from collections.abc import Sequence
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from spiking_music.config import SelectivityConfig
from spiking_music.data.onsets import LOWEST
from spiking_music.evaluation import tables
from spiking_music.evaluation.correlation import (
    Pairs,
    correlate,
    count_all,
    information,
    open_pairs,
    prominence,
)
from spiking_music.evaluation.significance import Significance, significance
from spiking_music.files import atomic, write_csv, wrote

OCTAVE, FIFTHS = 12, (5, 7)  # semitones; a fifth below is a fourth above, but for octaves


def selectivity(
    codes: Path, onsets: Path, out: Path, settings: SelectivityConfig, seed: int
) -> None:
    """Measure the codes (.h5) of a split against its onsets (.zarr.zip); write three files.

    `out` (.npz): correlation (N, 88, 2L + 1) float32, prominence, null (the prominence that 5 % of
    circular shifts exceed), score, p, q, p_family and information (N, 88), events (N,), lags
    (2L + 1,) in steps, notes (88,) as MIDI numbers, step_rate in Hz, steps (T).
    `<out>.csv`: a row a unit. `<out>-summary.csv`: a row, named as `out` is. Equal inputs give
    equal bytes. Raises as `open_pairs` does, and `DataError` where a performance is shorter than
    the lags.
    """
    with open_pairs(codes, onsets) as (pairs, step_rate):
        events, onset_counts = count_all(pairs)
        # the others, most units of a quantiser, never fire; the tests need one unit at least
        fires = np.flatnonzero(events) if events.any() else np.arange(1)
        active = pairs.of_units(fires)
        correlation = correlate(active, settings.max_lag)
        peaks = prominence(correlation, events[fires], onset_counts, active, settings.window)
        test = significance(active, settings.window, settings.max_lag, settings.surrogates, seed)
        bits = information(
            active, settings.information_lag, settings.information_surrogates, seed, step_rate
        )
        correlation, peaks, bits = (
            scatter_units(array, fires, pairs.units, 0.0) for array in (correlation, peaks, bits)
        )
        test = with_silent(test, fires, pairs.units)
        scale = np.sqrt(np.outer(events, onset_counts))  # of φ
        table = unit_table(events, pairs.clips * pairs.steps, peaks, test, bits, settings.level)
        arrays: dict[str, Any] = {
            "correlation": correlation.astype(np.float32),
            "prominence": peaks.astype(np.float32),
            "null": np.divide(test.edge, scale, out=np.zeros_like(scale), where=scale > 0),
            "score": test.score.astype(np.float32),
            "p": test.p,
            "q": test.q,
            "p_family": test.p_family.astype(np.float32),
            "information": bits.astype(np.float32),
            "events": events,
            "lags": np.arange(-settings.max_lag, settings.max_lag + 1),
            "notes": np.arange(LOWEST, LOWEST + pairs.notes),
            "step_rate": np.float64(step_rate),
            "steps": np.int64(pairs.steps),
        }
        summary = summary_row(out.stem, pairs, table, test, settings)
    with atomic(out) as temporary:
        np.savez_compressed(temporary, **arrays)  # entries of a .npz carry no time of writing
    wrote(out)
    write_csv(table, out.with_suffix(".csv"))
    write_csv(summary, out.with_name(f"{out.stem}-summary.csv"))


def with_silent(test: Significance, units: NDArray[np.intp], count: int) -> Significance:
    """A test of some `units` as one of all `count`, of which the others never fire."""
    p = scatter_units(test.p, units, count, 1.0)
    q = false_discovery_control(p.ravel()).reshape(p.shape)
    score, edge = (scatter_units(array, units, count, 0.0) for array in (test.score, test.edge))
    p_family = scatter_units(test.p_family, units, count, 1.0)
    return Significance(score, p, q, p_family, edge)


def scatter_units(
    array: NDArray[np.float64], units: NDArray[np.intp], count: int, value: float
) -> NDArray[np.float64]:
    """Rows (len(units), …) at their places among `count`, which are `value` elsewhere."""
    whole = np.full((count, *array.shape[1:]), value)
    whole[units] = array
    return whole


def unit_table(
    events: NDArray[np.int64],
    steps: int,
    peaks: NDArray[np.float64],
    test: Significance,
    bits: NDArray[np.float64],
    level: float,
) -> pd.DataFrame:
    """A row a unit; `best_note` is the note of the highest score, to which phi, p, q belong.

    `significant_notes` are MIDI numbers with p_family ≤ `level`; `octave_tuned` says that there are
    two or more and all are octaves of one another; `octave_share` is the part of them that are
    octaves of the best one (1/12 by chance, empty where there is none). `fifths` is how many of
    them are a fifth above or below the best one, but for octaves; `fifths_by_chance`, how many
    would be, were the others drawn at random from the other keys.
    """
    best = test.score.argmax(axis=1)
    rows = np.arange(len(events))
    called = test.p_family <= level
    notes = [np.flatnonzero(row) for row in called]
    octaves = [(row - note) % OCTAVE == 0 for row, note in zip(notes, best, strict=True)]
    fifths = [
        np.isin((row - note) % OCTAVE, FIFTHS).sum() for row, note in zip(notes, best, strict=True)
    ]
    number = called.sum(axis=1)
    return pd.DataFrame(
        {
            "unit": rows,
            "events": events,
            "density": events / steps,
            "best_note": LOWEST + best,
            "phi": peaks[rows, best],
            "score": test.score[rows, best],
            "p": test.p[rows, best],
            "q": test.q[rows, best],
            "p_family": test.p_family[rows, best],
            "notes_significant": number,
            "notes_significant_fdr": (test.q <= level).sum(axis=1),
            "significant_notes": [" ".join(map(str, LOWEST + row)) for row in notes],
            "octave_share": [row.mean() if len(row) else np.nan for row in octaves],
            "octave_tuned": [len(row) > 1 and np.ptp(row % OCTAVE) == 0 for row in notes],
            "fifths": fifths,
            "fifths_by_chance": [
                max(0, k - 1) * fifth_chance(note, called.shape[1])
                for k, note in zip(number, best, strict=True)
            ],
            "information_bits_per_second": bits.max(axis=1),
        }
    )


def summary_row(
    variant: str,
    pairs: Pairs,
    table: pd.DataFrame,
    test: Significance,
    settings: SelectivityConfig,
) -> pd.DataFrame:
    """One row: how many units are selective, how many tuned to octaves, and how much they say."""
    number = table["notes_significant"]
    information_rate = table["information_bits_per_second"]
    return pd.DataFrame(
        {
            "variant": [variant],
            "units": pairs.units,
            "clips": pairs.clips,
            "performances": len(pairs.spans),
            "density": table["density"].mean(),
            "level": settings.level,
            "surrogates": settings.surrogates,
            "selective_units": (number > 0).sum(),
            "selective_units_fdr": (table["notes_significant_fdr"] > 0).sum(),
            "selective_pairs": number.sum(),
            "selective_pairs_fdr": (test.q <= settings.level).sum(),
            "octave_tuned_units": table["octave_tuned"].sum(),
            "octave_tuned_by_chance": sum(octave_chance(k, pairs.notes) for k in number),
            "octave_share": table["octave_share"].mean(),
            "fifths": table["fifths"].sum(),
            "fifths_by_chance": table["fifths_by_chance"].sum(),
            "information_mean": information_rate.mean(),
            "information_max": information_rate.max(),
        }
    )


def octave_chance(count: int, notes: int) -> float:
    """Chance that `count` of `notes` keys, drawn at random, are two or more and all octaves."""
    if count < 2:
        return 0.0
    classes = [len(range(first, notes, OCTAVE)) for first in range(OCTAVE)]
    return sum(comb(keys, count) for keys in classes) / comb(notes, count)


def fifth_chance(note: int, notes: int) -> float:
    """Share of the other keys that are a fifth from key `note` of `notes`, but for octaves."""
    return float(np.isin((np.arange(notes) - note) % OCTAVE, FIFTHS).sum() / max(1, notes - 1))


def side_by_side(summaries: Sequence[Path], out: Path) -> None:
    """Gather the summaries of several variants into one table, a row a variant."""
    write_csv(pd.concat([tables.read(path, ["variant"]) for path in summaries]), out)
