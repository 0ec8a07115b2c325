"""From beats to seconds: rubato, ritardando, voicing, asynchrony and pedal of a performance.

Sizes follow what is measured on pianists: melody notes lead by 10 to 30 ms, phrases slow down
towards their end (Repp 1992; Goebl 2001).
"""

from collections.abc import Callable

import numpy as np

from spiking_music.data.performance import TICKS, Performance
from spiking_music.data.score import Event, Phrase, Span
from spiking_music.data.textures import TEXTURES

GRID = 4  # points a beat of the tempo curve
LEAD = {"melody": -0.018, "inner": 0.0, "bass": -0.004}  # seconds
VOICING = {"melody": 11.0, "inner": -9.0, "bass": 0.0}  # velocity
LIFT = ((0.0, 70), (0.02, 25), (0.045, 0))  # the foot leaves the pedal: seconds, value
PRESS = ((0.0, 45), (0.025, 90), (0.05, 120))


def perform(
    events: list[Event],
    phrases: list[Phrase],
    spans: list[Span],
    tempo: float,
    seconds: float,
    rng: np.random.Generator,
) -> Performance:
    """Play `events`, slowing down where the performance would end before `seconds`."""
    clock = _Clock(phrases, tempo, rng)
    events = sorted(events, key=lambda e: (e.start, e.pitch))
    starts = np.array([event.start for event in events])
    phrase_of = np.searchsorted([p.start for p in phrases], starts, side="right") - 1
    written = [phrases[i] for i in phrase_of]
    legato = np.array(
        [
            1.02 if e.role == "melody" else TEXTURES[p.texture].legato
            for e, p in zip(events, written, strict=True)
        ]
    )
    stops = starts + legato * np.array([event.length for event in events])
    timing = np.array([LEAD[event.role] for event in events]) + rng.normal(0, 0.006, len(events))
    stretch = max(1.0, seconds / float(clock(stops.max())))
    start = np.maximum(stretch * clock(starts) + timing, 0.0)
    stop = np.maximum(stretch * clock(stops), start + 0.04)
    velocity = _velocities(events, written, rng)
    pedal = _pedal(phrases, spans, lambda beat: stretch * float(clock(beat)), rng)
    return _playable(start, stop, np.array([e.pitch for e in events]), velocity, pedal)


class _Clock:
    """Beats → seconds along a tempo curve."""

    def __init__(self, phrases: list[Phrase], tempo: float, rng: np.random.Generator) -> None:
        slowness, drift = [], 0.0  # seconds a beat, relative
        for phrase in phrases:
            x = np.arange(int(phrase.beats * GRID)) / (phrase.beats * GRID)
            arc = 0.07 * ((2 * x - 1) ** 2 - 1 / 3)
            ritardando = (0.9 if phrase.last else 0.28) * np.clip((x - 0.84) / 0.16, 0, 1) ** 2
            for value in 1 + arc + ritardando:
                drift = 0.9 * drift + rng.normal(0, 0.008)
                slowness.append(value + drift)
        steps = np.maximum(slowness, 0.5) * 60 / tempo / GRID
        steps = np.append(steps, np.full(4 * GRID, steps[-1]))  # notes may ring into a bar more
        self.seconds = 0.1 + np.concatenate([[0.0], np.cumsum(steps)])
        self.beats = np.arange(len(self.seconds)) / GRID

    def __call__(self, beat: np.ndarray | float) -> np.ndarray:
        return np.asarray(np.interp(beat, self.beats, self.seconds))


def _velocities(events: list[Event], written: list[Phrase], rng: np.random.Generator) -> np.ndarray:
    """Level of the phrase + its arc + voicing + accents + what no hand repeats."""
    loud = []
    for event, phrase in zip(events, written, strict=True):
        x = (event.start - phrase.start) / phrase.beats
        accent = 5 if x * phrase.beats % 2 == 0 else 1 if float(event.start).is_integer() else -2
        fade = 14 * max(0.0, x - 0.75) / 0.25 * phrase.last
        loud.append(phrase.level + 15 * np.sin(np.pi * x) + VOICING[event.role] + accent - fade)
    noisy = np.array(loud) + rng.normal(0, 3.0, len(loud))
    return np.clip(np.round(noisy), 16, 116).astype(int)


def _pedal(
    phrases: list[Phrase],
    spans: list[Span],
    clock: Callable[[float], float],
    rng: np.random.Generator,
) -> list[tuple[float, int]]:
    """Legato pedalling: lifted as a chord is struck, pressed again just after; (seconds, value)."""
    messages: list[tuple[float, int]] = []
    begins = [phrase.start for phrase in phrases]
    for span in spans:
        phrase = phrases[int(np.searchsorted(begins, span.start, side="right")) - 1]
        held = TEXTURES[phrase.texture].pedal
        closing = span.start + span.length >= phrase.start + phrase.beats
        held = max(held, 0.8 * closing)  # even dry textures pedal the close of a phrase
        if held == 0:
            continue
        begin, end = clock(span.start), clock(span.start + held * span.length)
        down = begin + 0.10 + abs(rng.normal(0, 0.02))
        up = max(end + 0.01 * (held < 0.84), down + 0.1)
        messages += [(down + t, int(value + rng.integers(-5, 6))) for t, value in PRESS]
        messages += [(up + t, value) for t, value in LIFT]
    return sorted(messages)


def _playable(
    start: np.ndarray,
    stop: np.ndarray,
    pitch: np.ndarray,
    velocity: np.ndarray,
    pedal: list[tuple[float, int]],
) -> Performance:
    """Round to MIDI ticks, and release every key before it is struck again."""
    begin, end = np.round(start * TICKS).astype(int), np.round(stop * TICKS).astype(int)
    order = np.lexsort((-velocity, begin, pitch))
    kept: list[int] = []
    for i in order:
        j = kept[-1] if kept else None
        if j is not None and pitch[i] == pitch[j]:
            if begin[i] - begin[j] < 0.05 * TICKS:
                continue
            end[j] = min(end[j], begin[i] - 1)
        kept.append(int(i))
    chosen = np.array(sorted(kept, key=lambda i: (begin[i], pitch[i])))
    time, value = np.array(pedal, dtype=float).reshape(-1, 2).T
    return Performance(
        begin[chosen] / TICKS,
        end[chosen] / TICKS,
        pitch[chosen],
        velocity[chosen],
        np.round(time * TICKS) / TICKS,
        value.astype(int),
    )
