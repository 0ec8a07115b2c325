"""More ways to play chords on a piano: runs, sweeps, octaves, repeated and trilled notes.

They go where the five of `textures` do not: to both ends of the keyboard, faster, louder, sparser.
*Ours*.
"""

import numpy as np

from spiking_music.data.harmony import nearest
from spiking_music.data.score import Event, Span

LOWEST, HIGHEST = 24, 103
RUN = 4  # notes a beat


def etude(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Scales up and down over two to three octaves, over chords struck once."""
    events = []
    pitch, step = int(rng.integers(60, 84)), int(rng.choice([-1, 1]))
    top, floor = int(rng.integers(84, HIGHEST)), int(rng.integers(50, 64))
    for span in spans:
        events += _struck(span, span.start, span.length / 2)
        scale = tuple(span.chord.scale)
        for i in range(round(span.length * RUN)):
            if not floor < pitch < top or rng.random() < 0.04:
                step = 1 if pitch <= floor else -1 if pitch >= top else -step
            pitch = nearest(pitch + 1.6 * step, _without(scale, pitch), floor - 3, top + 3)
            events.append(Event(span.start + i / RUN, 1 / RUN, pitch, "melody"))
    return events


def cascade(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Arpeggios from the bass over four octaves and back, six notes a beat."""
    events = []
    for span in spans:
        bass = span.voices[0] - 12 * int(span.voices[0] > 40)
        ladder = [p for p in range(bass + 7, HIGHEST - 6) if p % 12 in span.chord.tones]
        path = [bass, *ladder, *ladder[-2:0:-1]]
        for i in range(round(span.length * 6)):
            role = "bass" if i == 0 else "inner"
            events.append(Event(span.start + i / 6, 1 / 6, path[i % len(path)], role))
    return events


def march(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """The melody in octaves, filled with chord tones; octaves of the bass, chords on every beat."""
    events = []
    for note in melody:
        events.append(Event(note.start, note.length, note.pitch + 12, "melody"))
        chord = _at(spans, note.start).chord
        middle = nearest(note.pitch + 5, _without(chord.tones, note.pitch), 48, 96)
        events.append(Event(note.start, note.length, middle, "melody"))
    for span in spans:
        for beat in range(int(span.length)):
            at = span.start + beat
            events += _struck(span, at, 0.7)
            events.append(Event(at, 0.7, max(span.voices[0] - 12, LOWEST), "bass"))
    return events


def waltz(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """A low bass note on the first beat of a chord, the other voices an octave up on the rest."""
    events = []
    for span in spans:
        events.append(Event(span.start, 1.0, max(span.voices[0] - 12, LOWEST), "bass"))
        third = nearest(span.voices[1] + 4, _without(span.chord.tones, span.voices[1]), 48, 76)
        for beat in range(1, int(span.length)):
            for voice in sorted({span.voices[1], third, span.voices[2]}):
                events.append(Event(span.start + beat, 0.5, voice, "inner"))
    return events


def tremolo(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Bass and its octave in turn, six notes a beat, and the inner voices against each other."""
    events = []
    for span in spans:
        low = max(span.voices[0] - 12, LOWEST)
        for i in range(round(span.length * 6)):
            at = span.start + i / 6
            events.append(Event(at, 1 / 6, low + 12 * (i % 2), "bass"))
            if i % 2:
                events.append(Event(at, 1 / 6, span.voices[1 + i // 2 % 2], "inner"))
    return events


def elegy(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Few notes that ring: a deep octave a chord, and now and then a high tone that answers."""
    events = []
    for span in spans:
        low = max(span.voices[0] - 12, LOWEST)
        events += [Event(span.start, span.length, p, "bass") for p in (low, low + 12)]
        if rng.random() < 0.6:
            high = nearest(rng.uniform(80, 100), span.chord.tones, 76, HIGHEST)
            at = span.start + float(rng.integers(1, max(2, int(span.length))))
            events.append(Event(at, 1.0, high, "inner"))
    return events


def toccata(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Hands in turn, four times a beat: the left an octave, the right the chord above it."""
    events = []
    for span in spans:
        low = max(span.voices[0] - 12, LOWEST)
        for i in range(round(span.length * RUN)):
            at = span.start + i / RUN
            if i % 2 == 0:
                events += [Event(at, 0.2, p, "bass") for p in (low, low + 12)]
            else:
                events += [Event(at, 0.2, p, "inner") for p in span.voices[1:3]]
    return events


def trill(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Long notes of the melody are trilled; others get a grace note. Broken chords below."""
    events = []
    for note in melody:
        scale = tuple(_at(spans, note.start).chord.scale)
        upper = nearest(note.pitch + 1.6, _without(scale, note.pitch), 48, HIGHEST)
        if note.length >= 1:
            count = int(note.length * 6)
            pair = (upper, note.pitch)
            times = [note.start + (k + 1) / 6 for k in range(count - 1)]
            events += [Event(at, 1 / 6, pair[k % 2], "melody") for k, at in enumerate(times)]
        elif rng.random() < 0.3 and note.start >= 0.25:
            events.append(Event(note.start - 0.12, 0.12, upper, "melody"))
    for span in spans:
        for beat in range(int(span.length)):
            at = span.start + beat
            events.append(Event(at, 0.5, span.voices[0], "bass"))
            events.append(Event(at + 0.5, 0.5, span.voices[1 + beat % 2], "inner"))
    return events


def _struck(span: Span, at: float, length: float) -> list[Event]:
    """The three lower voices of a chord."""
    bass, *inner, _ = span.voices
    return [Event(at, length, bass, "bass"), *(Event(at, length, p, "inner") for p in inner)]


def _at(spans: list[Span], beat: float) -> Span:
    return [span for span in spans if span.start <= beat][-1]


def _without(classes: tuple[int, ...], pitch: int) -> tuple[int, ...]:
    """Pitch classes other than that of `pitch`."""
    return tuple(c for c in classes if c != pitch % 12)
