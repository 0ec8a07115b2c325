"""Performances from and to MIDI files.

symusic parses 200 times as fast as pretty_midi but converts ticks to seconds in float32, which
moves onsets by up to 50 µs; ticks are therefore converted here, in float64. Both agree to 1 ns.
"""

from pathlib import Path

import numpy as np
import symusic
from numpy.typing import NDArray

from spiking_music.dataset.layout import check_file
from spiking_music.dataset.performance import TICKS, Performance
from spiking_music.errors import DataError

SUSTAIN = 64  # MIDI controller number of the damper pedal
DEFAULT_TEMPO = 500_000  # µs a quarter note where a file sets none


def read_midi(path: Path) -> Performance:
    """The performance in the file `path`; `DataError` as `parse_midi`, or where it is missing."""
    check_file(path, "MIDI file")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(str(path), str(error)) from None
    return parse_midi(data, str(path))


def parse_midi(data: bytes, name: str) -> Performance:
    """Notes and sustain pedal of all tracks but drums; `name` is what a message calls the file.

    Raises `DataError` where the bytes are no MIDI file, are cut short or hold no note.
    """
    _require_whole(data, name)
    try:
        score = symusic.Score.from_midi(data)
    except (RuntimeError, ValueError) as error:
        raise _unreadable(name, str(error)) from None
    notes = [track.notes.numpy() for track in score.tracks if not track.is_drum]
    moves = [track.controls.numpy() for track in score.tracks if not track.is_drum]
    if not sum(len(part["time"]) for part in notes):
        raise DataError(f"MIDI file '{name}' holds no note: replace the file")
    keys = ("time", "duration", "pitch", "velocity")
    ticks, length, pitch, velocity = (_joined(notes, key) for key in keys)
    order = np.lexsort((pitch, ticks))
    moved, number, value = (_joined(moves, key) for key in ("time", "number", "value"))
    pedal = np.flatnonzero(number == SUSTAIN)
    pedal = pedal[np.argsort(moved[pedal], kind="stable")]
    return Performance(
        _seconds(score, ticks[order]),
        _seconds(score, (ticks + length)[order]),
        pitch[order],
        velocity[order],
        _seconds(score, moved[pedal]),
        value[pedal],
    )


def write_midi(performance: Performance, path: Path) -> None:
    """Write one piano track at `TICKS` a second; equal performances give equal bytes."""
    import pretty_midi  # here, because only the demo writes and reading must start fast

    midi = pretty_midi.PrettyMIDI(resolution=TICKS // 2, initial_tempo=120)  # 2 quarters a second
    piano = pretty_midi.Instrument(program=0, name="Piano")
    p = performance
    piano.notes = [
        pretty_midi.Note(int(velocity), int(pitch), float(start), float(stop))
        for start, stop, pitch, velocity in zip(p.start, p.stop, p.pitch, p.velocity, strict=True)
    ]
    piano.control_changes = [
        pretty_midi.ControlChange(SUSTAIN, int(value), float(time))
        for time, value in zip(p.pedal_time, p.pedal_value, strict=True)
    ]
    midi.instruments.append(piano)
    midi.write(str(path))


def _require_whole(data: bytes, name: str) -> None:
    """Follow the chunks to the last track: symusic would read on in memory where a file ends."""
    if data[:4] != b"MThd":
        raise _unreadable(name, "it is no MIDI file")
    wanted = 1 + int.from_bytes(data[10:12], "big")  # the header and its number of tracks
    position = 0
    while wanted:
        kind, size = data[position : position + 4], data[position + 4 : position + 8]
        position += 8 + int.from_bytes(size, "big")
        if position > len(data):
            raise _unreadable(name, "it is cut short")
        wanted -= kind in (b"MThd", b"MTrk")


def _unreadable(name: str, reason: str) -> DataError:
    reason = reason.strip().rstrip(".")
    return DataError(f"MIDI file '{name}' cannot be read ({reason}): replace the file")


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
