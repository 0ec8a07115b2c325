"""Performances from and to MIDI files.

A note is a strike, with or without an end: one that nothing ends sounds until its track does, and
for a second at least. Ticks become seconds in float64 along one tempo map, to which the tempo
changes of all tracks belong.
"""

from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spiking_music.data import smf
from spiking_music.data.layout import LARGEST_MEMBER, check_file
from spiking_music.data.performance import RELEASE, TICKS, Performance
from spiking_music.errors import DataError

DEFAULT_TEMPO = 500_000  # µs a quarter note where a file sets none
LONGEST = 24 * 3600  # seconds: what is later has a damaged delta time; MAESTRO's longest has 0.8 h
LATE_NOTE = 1.0  # seconds that a note may begin after the end of its recording
LATE_END = 60.0  # and that keys and pedal may move: MAESTRO's pedal does so 9 s after it


def read_midi(path: Path) -> Performance:
    """The performance in the file `path`; `DataError` as `parse_midi`, or where it is missing."""
    check_file(path, "MIDI file")
    size = path.stat().st_size
    if size > LARGEST_MEMBER:
        raise _unreadable(str(path), f"it has {size} bytes, as no MIDI file has")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(str(path), str(error)) from None
    return parse_midi(data, str(path))


def parse_midi(data: bytes, name: str) -> Performance:
    """Notes of all tracks but drums, and sustain pedal of all; `name` is what messages call it.

    Raises `DataError` where the bytes are no MIDI file of format 0 or 1, are cut short, contradict
    the standard, hold no note, or have notes or pedal later than `LONGEST`.
    """
    try:
        events = smf.read(data)
    except smf.MalformedError as error:
        raise _unreadable(name, str(error)) from None
    if not events.start:
        raise DataError(f"MIDI file '{name}' holds no note: replace the file")
    begin, stop, last, moved = (
        _seconds(events, _integers(ticks))
        for ticks in (events.start, events.stop, events.last, events.pedal)
    )
    pitch, velocity, value = map(_integers, (events.pitch, events.velocity, events.value))
    endless = _integers(events.stop) == smf.OPEN
    end = np.where(endless, np.maximum(last, begin + RELEASE), stop)
    latest = max(end.max(), moved.max(initial=0.0))
    if latest > LONGEST:
        raise _unreadable(name, f"it lasts {latest / 3600:.1f} h, and a day is the limit")
    order, moves = np.lexsort((pitch, begin)), np.argsort(moved, kind="stable")
    return Performance(
        begin[order], end[order], pitch[order], velocity[order], moved[moves], value[moves]
    )


def require_pair(notes: Performance, seconds: float, midi: Path, audio: Path) -> None:
    """`DataError` where the notes of `midi` go on after the `seconds` that `audio` lasts."""
    moves = max(notes.stop.max(), notes.pedal_time.max(initial=0.0))
    for what, time, late in (
        ("a note begins", notes.start[-1], LATE_NOTE),
        ("a key or the pedal is moved", moves, LATE_END),
    ):
        if time > seconds + late:
            raise DataError(
                f"MIDI file '{midi}' does not belong to recording '{audio}': {what} at "
                f"{time:.2f} s and the audio ends at {seconds:.2f} s; replace either file"
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
        pretty_midi.ControlChange(smf.SUSTAIN, int(value), float(time))
        for time, value in zip(p.pedal_time, p.pedal_value, strict=True)
    ]
    midi.instruments.append(piano)
    midi.write(str(path))


def _unreadable(name: str, reason: str) -> DataError:
    reason = reason.strip().rstrip(".")
    return DataError(f"MIDI file '{name}' cannot be read ({reason}): replace the file")


def _integers(values: array | bytearray) -> NDArray[np.int64]:
    kind = np.uint8 if isinstance(values, bytearray) else np.int64
    return np.array(values, kind).astype(np.int64)


def _seconds(events: smf.Events, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Ticks to seconds along the tempo map: linear between tempo changes, which add up."""
    if events.seconds_a_tick is not None:
        return ticks.astype(np.float64) * events.seconds_a_tick
    at = _integers(events.tempo)
    order = np.argsort(at, kind="stable")  # of several at one tick, the last counts
    change = np.concatenate([[0], at[order]])  # (changes,) ticks
    tempo = np.concatenate([[DEFAULT_TEMPO], _integers(events.quarter)[order]])  # (changes,) µs
    length = tempo * 1e-6 / events.ticks_a_quarter  # (changes,) seconds a tick
    begin = np.concatenate([[0.0], np.cumsum(np.diff(change) * length[:-1])])
    current = np.searchsorted(change, ticks, side="right") - 1
    return begin[current] + (ticks - change[current]) * length[current]
