"""What a performance costs as notes: entropy-coded MIDI, a floor for codecs of a piano (*ours*).

Events in the order of time, on a grid of so many ticks a second: notes with pitch, velocity and
length, and the pedal going down or up, which is all that the renderer hears of it. Whole numbers
are sent as their number of bits, by its frequency, and those bits as they are; pitch and velocity
as differences from the note before. Frequencies are counts: of other performances first, then of
what was sent. Bits are ideal code lengths, to which a range coder adds some bytes a performance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.data.performance import DOWN, Performance

PITCHES, VELOCITIES = 255, 255  # differences −127 .. 127
LENGTHS = 32  # of whole numbers, in bits
ALPHABETS = {
    "kind": 2,
    "wait": LENGTHS,
    "pitch": PITCHES,
    "velocity": VELOCITIES,
    "length": LENGTHS,
}
PRIOR = 0.5  # counted for every symbol that was never seen


class Event(NamedTuple):
    """A note, or with pitch −1 a change of the pedal; times in ticks."""

    time: int
    pitch: int = -1
    velocity: int = 0
    length: int = 0


def events(performance: Performance, ticks: int) -> list[Event]:
    """The events of a performance on a grid of `ticks` a second, by time, the pedal's first."""
    start, stop = (np.rint(at * ticks).astype(int) for at in (performance.start, performance.stop))
    notes = [
        Event(*map(int, note))
        for note in zip(
            start, performance.pitch, performance.velocity, np.maximum(stop - start, 1), strict=True
        )
    ]
    down = performance.pedal_value >= DOWN
    moved = np.flatnonzero(down != np.concatenate([[False], down[:-1]]))
    pedal = [Event(int(time)) for time in np.rint(performance.pedal_time[moved] * ticks)]
    return sorted(notes + pedal, key=lambda event: (event.time, event.pitch))


def performed(coded: list[Event], ticks: int) -> Performance:
    """The performance that a receiver has of events: the inverse of `events`, on its grid."""
    notes = np.array([event for event in coded if event.pitch >= 0], np.int64).reshape(-1, 4)
    pedal = np.array([event.time for event in coded if event.pitch < 0], np.float64)
    start, pitch, velocity, length = notes.T
    values = np.where(np.arange(len(pedal)) % 2, 0, 127)  # down, up, down …
    return Performance(
        start / ticks, (start + length) / ticks, pitch, velocity, pedal / ticks, values
    )


class Coder:
    """Frequencies of all symbols, and what events cost by them."""

    def __init__(self, others: Iterable[list[Event]]) -> None:
        """`others`: performances that both ends know of, such as those of the train split."""
        self._counts = {name: np.full(size, PRIOR) for name, size in ALPHABETS.items()}
        for coded in others:
            for event in _symbols(coded):
                for name, symbol, _ in event:
                    self._counts[name][symbol] += 1

    def bits(self, coded: list[Event]) -> NDArray[np.float64]:
        """Bits of each event of a performance, (events,); its symbols count for later ones."""
        counts = {name: own.copy() for name, own in self._counts.items()}
        totals = defaultdict(float, {name: float(own.sum()) for name, own in counts.items()})
        spent = np.zeros(len(coded))
        for number, event in enumerate(_symbols(coded)):
            for name, symbol, plain in event:
                spent[number] += plain - np.log2(counts[name][symbol] / totals[name])
                counts[name][symbol] += 1
                totals[name] += 1
        return spent


def _symbols(coded: list[Event]) -> Iterator[list[tuple[str, int, int]]]:
    """Of each event its symbols: the alphabet, the symbol and the plain bits behind it."""
    time, pitch, velocity = 0, 64, 64
    for event in coded:
        symbols = [("kind", int(event.pitch >= 0), 0), ("wait", *_whole(event.time - time))]
        time = event.time
        if event.pitch >= 0:
            symbols += [
                ("pitch", event.pitch - pitch + 127, 0),
                ("velocity", event.velocity - velocity + 127, 0),
                ("length", *_whole(event.length)),
            ]
            pitch, velocity = event.pitch, event.velocity
        yield symbols


def _whole(value: int) -> tuple[int, int]:
    """Bits of a number ≥ 0, and how many of them are sent: the first is known."""
    length = value.bit_length()
    return length, max(length - 1, 0)
