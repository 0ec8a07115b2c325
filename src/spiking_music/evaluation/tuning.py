"""Where the units of a code stand on a keyboard: by the frequency they have, or by their tuning.

Rasters are sorted by it, so that they look like piano rolls. Which note a unit is tuned to is found
once, in a table that all of them read; `selectivity` tests it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec.units import units
from spiking_music.config import VariantConfig
from spiking_music.data.onsets import LOWEST
from spiking_music.evaluation import tables
from spiking_music.evaluation.codes_file import open_codes
from spiking_music.evaluation.correlation import correlate, count_all, open_pairs

NEAR = 2  # frames between an event and the notes that it may answer to
A4, A4_HZ = 69, 440.0
FREQUENCY, TUNING, NUMBER = "frequency", "tuning", "number"  # what rasters are sorted by


@dataclass(frozen=True)
class Tuning:
    """What each of N units answers to most, over a whole split."""

    notes: NDArray[np.int64]  # MIDI numbers, (N,); the lowest where there is none
    excess: NDArray[np.float64]  # coincidences with it beyond chance, in standard deviations
    events: NDArray[np.int64]


def write_tuning(codes: Path, onsets: Path, out: Path) -> None:
    """Write the table `out` (.csv), a row a unit: unit, events, best_note (MIDI number), excess.

    best_note: whose onsets are near the unit's events most beyond chance, and by how many standard
    deviations of a Poisson count; 0 or less: none is. codes: .h5, onsets: .zarr.zip, of one split.
    Equal inputs give equal bytes. Raises as `open_pairs`.
    """
    with open_pairs(codes, onsets) as (pairs, _):
        together = correlate(pairs, NEAR).sum(axis=-1) * pairs.clips  # (N, 88)
        events, notes = count_all(pairs)
        chances = (2 * NEAR + 1) / (pairs.clips * pairs.steps)
    expected = np.outer(events, notes) * chances
    excess = (together - expected) / np.sqrt(np.maximum(expected, 1e-12))
    excess = np.where(expected > 0, excess, 0)
    best = excess.argmax(axis=1)
    unit = np.arange(len(best))
    table = {"unit": unit, "events": events, "best_note": LOWEST + best}
    files.write_csv(pd.DataFrame(table | {"excess": excess[unit, best]}), out)


def read_tuning(path: Path, count: int) -> Tuning:
    """The table at `path`, of `count` units; raises `DataError` as `tables.of_units`."""
    table = tables.of_units(path, count, ["best_note", "excess", "events"])
    return Tuning(*(table[name].to_numpy() for name in ("best_note", "excess", "events")))


def events_of(codes: Path) -> NDArray[np.int64]:
    """Events of each unit over a split, (N,)."""
    with open_codes(codes) as file:
        return np.asarray(sum(batch.sum((0, 2), dtype=np.int64) for batch in file.batches(32)))


def pitches(config: VariantConfig, table: Path | None) -> tuple[NDArray[np.float64], str]:
    """Where the units of a binary variant stand, (N,) MIDI numbers, and by what.

    `FREQUENCY` of the units of a filter bank; else `TUNING` by the `table` of `write_tuning`, or
    `NUMBER` without one. NaN of a unit that has no frequency (the frame gain), or answers to no
    note beyond chance.
    """
    hz = units(config)["hz"]
    if np.isfinite(hz).any():
        return A4 + 12 * np.log2(hz / A4_HZ), FREQUENCY
    if table is None:
        return np.full(len(hz), np.nan), NUMBER
    found = read_tuning(table, len(hz))
    return np.where(found.excess > 0, found.notes.astype(np.float64), np.nan), TUNING
