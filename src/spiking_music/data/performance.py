"""A piano performance: notes and movements of the sustain pedal, in seconds."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

TICKS = 960  # the grid of our own performances, a second
DOWN = 64  # value from which the sustain pedal is down
RELEASE = 1.0  # seconds left for the last tone to die away


@dataclass(frozen=True)
class Performance:
    """At least one note; notes sorted by start, pedal movements by time; times in seconds."""

    start: NDArray[np.float64]  # (notes,)
    stop: NDArray[np.float64]  # (notes,) key release
    pitch: NDArray[np.int64]  # (notes,) MIDI number
    velocity: NDArray[np.int64]  # (notes,) 1..127
    pedal_time: NDArray[np.float64]  # (movements,)
    pedal_value: NDArray[np.int64]  # (movements,) 0..127

    def sounding_until(self) -> NDArray[np.float64]:
        """When the damper falls on each note: key release, or pedal release if that is later.

        A pedal never released holds until the last event; striking the key again always ends the
        earlier tone. Shape (notes,), s.
        """
        down = self.pedal_value >= DOWN
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

    def stretched(self, factor: float) -> "Performance":
        """The same with all times multiplied by `factor`."""
        times = {name: factor * getattr(self, name) for name in ("start", "stop", "pedal_time")}
        return replace(self, **times)
