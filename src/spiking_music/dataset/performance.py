"""A piano performance: notes and sustain pedal in seconds, and the MIDI file that holds them."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pretty_midi

from spiking_music.errors import DataError

TICKS = 960  # MIDI ticks a second of the files we write: 480 a quarter at 120 quarters a minute
SUSTAIN = 64  # controller number of the sustain pedal, and the value from which it is down
RELEASE = 1.0  # seconds left for the last tone to die away


@dataclass(frozen=True)
class Performance:
    """Notes sorted by onset, pedal messages by time; one-dimensional arrays, times in s."""

    start: np.ndarray  # (notes,) float64
    stop: np.ndarray  # (notes,) float64, key release
    pitch: np.ndarray  # (notes,) int, MIDI number
    velocity: np.ndarray  # (notes,) int, 1..127
    pedal_time: np.ndarray  # (messages,) float64
    pedal_value: np.ndarray  # (messages,) int, 0..127

    def sounding_until(self) -> np.ndarray:
        """When the damper falls on each note: key release, or pedal release if that is later.

        A pedal never released holds until the last event; striking the key again always ends the
        earlier tone. Shape (notes,), s.
        """
        down = self.pedal_value >= SUSTAIN
        was_down = np.concatenate([[False], down[:-1]])
        pressed = self.pedal_time[down & ~was_down]
        lifted = self.pedal_time[~down & was_down]
        last = max(self.stop.max(), self.pedal_time.max(initial=0.0))
        lifted = np.append(lifted, last)[: len(pressed)]
        until = self.stop.copy()
        if len(pressed):
            span = np.searchsorted(pressed, self.stop, side="right") - 1
            held = (span >= 0) & (self.stop < lifted[span])
            until[held] = lifted[span[held]]
        order = np.lexsort((self.start, self.pitch))
        first, second = order[:-1], order[1:]
        again = (self.pitch[first] == self.pitch[second]) & (self.start[second] > self.start[first])
        until[first[again]] = np.minimum(until[first[again]], self.start[second[again]])
        return until

    @property
    def duration(self) -> float:
        """Seconds until the last tone has died away: the length of a rendered recording."""
        return float(self.sounding_until().max()) + RELEASE


def read_midi(data: bytes, name: str) -> Performance:
    """All notes and CC64 messages of a MIDI file, whatever its tracks; `name` is for the message.

    Raises `DataError` where the bytes are no MIDI file or hold no note.
    """
    try:
        midi = pretty_midi.PrettyMIDI(io.BytesIO(data))
    except Exception as error:  # mido raises anything from EOFError to KeyError on broken bytes
        raise DataError(
            f"'{name}' is not a readable MIDI file ({error or type(error).__name__}): "
            "copy it again from the source"
        ) from None
    tracks = [track for track in midi.instruments if not track.is_drum]
    notes = sorted((n.start, n.pitch, n.end, n.velocity) for track in tracks for n in track.notes)
    if not notes:
        raise DataError(f"'{name}' holds no note: remove its row from the table")
    pedal = sorted(
        (message.time, message.value)
        for track in tracks
        for message in track.control_changes
        if message.number == SUSTAIN
    )
    start, pitch, stop, velocity = np.array(notes, dtype=np.float64).T
    time, value = np.array(pedal, dtype=np.float64).reshape(-1, 2).T
    return Performance(
        start, stop, pitch.astype(int), velocity.astype(int), time, value.astype(int)
    )


def write_midi(performance: Performance, path: Path) -> None:
    """Write one piano track at `TICKS` a second; equal performances give equal bytes."""
    midi = pretty_midi.PrettyMIDI(resolution=TICKS // 2, initial_tempo=120)
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
