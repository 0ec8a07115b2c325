"""Ways to play chords on a piano: each texture turns voiced chords into accompanying notes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spiking_music.data import figurations
from spiking_music.data.harmony import Chord, nearest
from spiking_music.data.score import Event, Span

Accompany = Callable[[list[Span], list[Event], int, np.random.Generator], list[Event]]


@dataclass(frozen=True)
class Texture:
    """How a style is played: its notes, tempo range in beats a minute, register, pedalling."""

    accompany: Accompany
    tempo: tuple[float, float]
    chords_a_bar: int
    register: float  # pitch around which the melody lies
    pedal: float  # fraction of every chord that is pedalled
    legato: float  # length of the accompanying notes, of what is written


def chorale(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Bass, tenor and alto struck on every beat; the bass steps down an octave at cadences."""
    events = []
    for span in spans:
        bass, tenor, alto, _ = span.voices
        for beat in range(int(span.length)):
            at = span.start + beat
            events += [Event(at, 1.0, bass, "bass")]
            events += [Event(at, 1.0, voice, "inner") for voice in (tenor, alto)]
    final = spans[-1]
    return [*events, Event(final.start, final.length, final.voices[0] - 12, "bass")]


def broken(pattern: tuple[int, ...], division: int) -> Accompany:
    """Chords broken along `pattern` (0 = bass, then tones upwards), `division` notes a beat."""

    def accompany(
        spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
    ) -> list[Event]:
        events = []
        for span in spans:
            bass = span.voices[0] if max(pattern) > 2 else span.voices[0] + 12
            ladder = _ladder(span.chord, bass, max(pattern))
            for i in range(round(span.length * division)):
                step = pattern[i % len(pattern)]
                role = "bass" if step == 0 else "inner"
                at = span.start + i / division
                events.append(Event(at, 1 / division, ladder[step], role))
        return events

    return accompany


def nocturne(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """Low bass and wide triplets under the melody, whose long notes are now and then turned."""
    events = broken((0, 2, 3, 4, 3, 2), 3)(spans, melody, meter, rng)
    for note in melody:
        span = [s for s in spans if s.start <= note.start][-1]
        if note.length >= 1.5 and rng.random() < 0.4:
            upper = nearest(note.pitch + 1.6, tuple(span.chord.scale - {note.pitch % 12}), 60, 92)
            at = note.start + note.length - 0.75
            turn = (upper, note.pitch, upper)
            events += [Event(at + k / 4, 0.25, p, "melody") for k, p in enumerate(turn)]
    return events


def counterpoint(
    spans: list[Span], melody: list[Event], meter: int, rng: np.random.Generator
) -> list[Event]:
    """A walking bass in eighths, an alto in suspended quarters; the melody answers itself below."""
    events = []
    for span, after in zip(spans, [*spans[1:], spans[-1]], strict=True):
        line = [span.voices[0]]
        count = int(2 * span.length)
        for i in range(1, count):
            goal = span.voices[0] + (after.voices[0] - span.voices[0]) * i / count
            swing = 4 * np.sin(np.pi * i / count)
            classes = span.chord.tones if i % 2 == 0 else tuple(span.chord.scale)
            free = tuple(pc for pc in classes if pc != line[-1] % 12)
            line.append(nearest(goal + swing, free, 31, 59))
        events += [Event(span.start + k / 2, 0.5, p, "bass") for k, p in enumerate(line)]
        for beat in range(int(span.length)):
            late = 0.5 * (beat > 0)
            events.append(
                Event(span.start + beat + late, 1.0 - late, span.voices[2 - beat % 2], "inner")
            )
    return events + _answer(spans, melody, meter)


def _answer(spans: list[Span], melody: list[Event], meter: int) -> list[Event]:
    """The first bar of the melody a bar later, about an octave lower, fitted to the harmony."""
    first = melody[0].start
    answer = []
    for note in melody:
        if note.start < first + meter:
            at = note.start + meter
            chord = [s for s in spans if s.start <= at][-1].chord
            classes = chord.tones if float(at).is_integer() else tuple(chord.scale)
            answer.append(
                Event(at, note.length, nearest(note.pitch - 12, classes, 48, 72), "inner")
            )
    return answer


def _ladder(chord: Chord, bass: int, steps: int) -> list[int]:
    """The bass, then `steps` chord tones upwards from a third or more above it."""
    ladder = [bass]
    while len(ladder) <= steps:
        gap = 5 if len(ladder) == 1 and steps > 2 else 3
        above = range(ladder[-1] + gap, ladder[-1] + gap + 12)
        ladder.append(next(pitch for pitch in above if pitch % 12 in chord.tones))
    return ladder


TEXTURES = {
    "chorale": Texture(chorale, (80, 100), 2, 69, 0.85, 0.95),
    "sonatina": Texture(broken((0, 2, 1, 2), 2), (108, 132), 1, 74, 0.45, 0.9),  # Alberti bass
    "prelude": Texture(broken((0, 1, 2, 3, 4, 3, 2, 1), 4), (63, 84), 1, 74, 0.9, 1.0),
    "nocturne": Texture(nocturne, (69, 84), 1, 73, 0.92, 1.0),
    "invention": Texture(counterpoint, (84, 104), 2, 73, 0.0, 0.85),
    "etude": Texture(figurations.etude, (84, 132), 1, 66, 0.3, 0.95),
    "cascade": Texture(figurations.cascade, (66, 96), 1, 74, 0.96, 1.0),
    "march": Texture(figurations.march, (76, 116), 2, 71, 0.6, 0.9),
    "waltz": Texture(figurations.waltz, (120, 176), 1, 74, 0.7, 0.9),
    "tremolo": Texture(figurations.tremolo, (72, 104), 1, 74, 0.9, 1.0),
    "elegy": Texture(figurations.elegy, (54, 80), 1, 70, 0.97, 1.0),
    "toccata": Texture(figurations.toccata, (92, 144), 1, 76, 0.2, 0.8),
    "trill": Texture(figurations.trill, (69, 100), 2, 74, 0.5, 0.9),
}
