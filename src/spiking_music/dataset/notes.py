"""MIDI files as arrays of notes and pedal movements, in seconds.

symusic parses 200 times as fast as pretty_midi but converts ticks to seconds in float32, which
moves onsets by up to 50 µs; ticks are therefore converted here, in float64. Both agree to 1 ns.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import symusic
from numpy.typing import NDArray

from spiking_music.errors import DataError

SUSTAIN = 64  # MIDI controller number of the damper pedal
DEFAULT_TEMPO = 500_000  # µs a quarter note where a file sets none


@dataclass(frozen=True)
class Notes:
    """One performance, both parts sorted by time."""

    start: NDArray[np.float64]  # (notes,) seconds
    pitch: NDArray[np.int64]  # (notes,) MIDI number
    velocity: NDArray[np.int64]  # (notes,) 1..127
    pedal_time: NDArray[np.float64]  # (movements,) seconds
    pedal_value: NDArray[np.int64]  # (movements,) 0..127


def read_notes(path: Path) -> Notes:
    """Read the notes and the sustain pedal of all tracks of `path` but drums.

    Raises `DataError` where the file is missing, is no MIDI, is cut short or holds no note.
    """
    if not path.is_file():
        raise DataError(
            f"MIDI file '{path}' is missing: restore it or take its row out of the table"
        )
    try:
        score = symusic.Score.from_midi(path.read_bytes())
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().rstrip(".")
        raise DataError(f"MIDI file '{path}' cannot be read ({reason}): replace the file") from None
    notes = [track.notes.numpy() for track in score.tracks if not track.is_drum]
    moves = [track.controls.numpy() for track in score.tracks if not track.is_drum]
    if not sum(len(part["time"]) for part in notes):
        raise DataError(f"MIDI file '{path}' holds no note: replace the file")
    ticks, pitch, velocity = (_joined(notes, key) for key in ("time", "pitch", "velocity"))
    order = np.argsort(ticks, kind="stable")
    moved, number, value = (_joined(moves, key) for key in ("time", "number", "value"))
    pedal = np.flatnonzero(number == SUSTAIN)
    pedal = pedal[np.argsort(moved[pedal], kind="stable")]
    return Notes(
        _seconds(score, ticks[order]),
        pitch[order],
        velocity[order],
        _seconds(score, moved[pedal]),
        value[pedal],
    )


def _joined(parts: list[dict[str, NDArray]], key: str) -> NDArray[np.int64]:
    return np.concatenate([part[key] for part in parts]).astype(np.int64)


def _seconds(score: symusic.Score, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Ticks to seconds along the tempo map: linear between tempo changes, which add up."""
    tempos = score.tempos.numpy()
    change = np.concatenate([[0], tempos["time"]])  # (changes,) ticks
    tempo = np.concatenate([[DEFAULT_TEMPO], tempos["mspq"]])  # (changes,) µs a quarter
    length = tempo * 1e-6 / score.ticks_per_quarter  # (changes,) seconds a tick
    begin = np.concatenate([[0.0], np.cumsum(np.diff(change) * length[:-1])])
    current = np.searchsorted(change, ticks, side="right") - 1
    return begin[current] + (ticks - change[current]) * length[current]
