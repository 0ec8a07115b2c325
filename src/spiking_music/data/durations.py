"""Durations in one's own table, held to the recordings, and read from them where they are missing.

Recordings that are made of MIDI files last as long as these: there, what the table says is left
alone, as MAESTRO's does, which speaks of the recordings that its MIDI belongs to.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spiking_music.config import DatasetConfig
from spiking_music.data.layout import Layout
from spiking_music.errors import DataError

TOLERANCE = 0.5, 0.1  # s, and share of the recording: MAESTRO's durations are those of its MIDI


def audio_seconds(path: Path) -> float:
    """Seconds that the header of `path` tells, else those that are decoded; errors as `opened`."""
    from spiking_music.audio.recording import opened  # here, as most tables need no sound

    with opened(path) as recording:
        frames = recording.frames
        if frames is None:
            frames = sum(len(block) for block in recording.mono())
        if not frames:
            raise DataError(f"recording '{path}' holds no samples: replace the file")
        return frames / recording.rate


def midi_seconds(layout: Layout, name: str) -> float:
    """Seconds that a rendering of the MIDI file `name` takes; `DataError` if it cannot be read."""
    from spiking_music.data.midi import parse_midi

    return parse_midi(layout.read(name), name).duration


def filled(table: pd.DataFrame, dataset: DatasetConfig) -> pd.DataFrame:
    """`table` with all durations; `DataError` where a recording that is to tell its own cannot."""
    missing = table[table["duration"].isna()]
    measure = _measure(dataset)
    told = [measure(row) for row in missing.to_dict("records")]
    return table.assign(duration=table["duration"].fillna(pd.Series(told, missing.index, float)))


def compared(table: pd.DataFrame, dataset: DatasetConfig, name: str) -> pd.DataFrame:
    """`table` with the durations that recordings tell; `DataError` where `name` says another.

    Recordings that cannot be read are left to the rule `recordings`, which may skip them. The index
    of `table` counts the rows under the header from 0.
    """
    table, measure = table.copy(), _measure(dataset)
    rows = table if dataset.source == "folder" else table[table["duration"].isna()]
    for index, row in zip(rows.index, rows.to_dict("records"), strict=True):
        try:
            seconds = measure(row)
        except DataError:
            continue
        said = row["duration"]
        if np.isfinite(said) and abs(said - seconds) > TOLERANCE[0] + TOLERANCE[1] * seconds:
            raise DataError(
                f"'{name}', row {index + 2}: duration '{said:g}' is wrong, as "
                f"'{row['audio_filename']}' lasts {seconds:.2f} s: correct it, or leave it empty"
            )
        if not np.isfinite(said):
            table.loc[index, "duration"] = seconds
    return table


def _measure(dataset: DatasetConfig) -> Callable[[dict[Any, Any]], float]:
    """What tells the seconds of a row."""
    path = Path(str(dataset.path))
    if dataset.source == "folder":
        return lambda row: audio_seconds(path / row["audio_filename"])
    layout = Layout(path)
    return lambda row: midi_seconds(layout, row["midi_filename"])
