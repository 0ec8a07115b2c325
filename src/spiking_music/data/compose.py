"""Piano pieces from a seed: form, harmony, melody and texture → notes in beats.

A piece is a row of four-bar phrases in pairs (antecedent, consequent). Pairs alternate between the
home key and a related one, and the phrase that ends a pair modulates to the key of the next.
Melodies repeat and sequence a motif over the chords and arch once a phrase; chord tones fall on
strong beats, scale tones pass between them. `expression.perform` plays what is written. *Ours*.
"""

from dataclasses import dataclass, replace

import numpy as np

from spiking_music.data.expression import perform
from spiking_music.data.harmony import Chord, Key, inner_voices, nearest, progression
from spiking_music.data.performance import Performance
from spiking_music.data.score import Event, Phrase, Span
from spiking_music.data.textures import TEXTURES

BARS = 4  # a phrase
MELODY = (60, 88)  # lowest and highest pitch
BASS = (31, 52)
KEYS = (21, 108)  # of a piano
CELLS = {  # rhythms of a bar, in beats
    3: ((1, 1, 1), (2, 1), (1.5, 0.5, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 0.5, 0.5, 1)),
    4: ((1, 1, 1, 1), (1.5, 0.5, 1, 1), (2, 1, 1), (1, 0.5, 0.5, 1, 1), (0.5, 0.5, 0.5, 0.5, 2),
        (1.5, 0.5, 1.5, 0.5), (0.5, 0.5, 1, 0.5, 0.5, 1)),
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """What a piece is to be: all that `compose` needs."""

    seed: tuple[int, ...]
    style: str  # a key of TEXTURES
    key: Key
    meter: int  # beats a bar: 3 or 4
    tempo: float  # beats a minute
    seconds: float  # it lasts at least this long
    styles: tuple[str, ...] = ()  # of which one plays contrasting sections
    levels: tuple[int, int] = (52, 66)  # MIDI velocity, lowest and highest
    octaves: tuple[int, ...] = (0,)  # of which each phrase is moved by one


@dataclass(frozen=True)
class Motif:
    """A bar of melody: rhythm in beats and, note by note, steps away from the phrase's arch."""

    rhythm: tuple[float, ...]
    contour: tuple[int, ...]


def compose(piece: Piece) -> Performance:
    """The performance of `piece`: equal pieces give equal arrays; `duration` >= `piece.seconds`."""
    rng = np.random.default_rng(piece.seed)
    high = np.random.default_rng((*piece.seed, 1))
    phrases = _form(piece, rng)
    motifs = {letter: [_motif(piece.meter, rng) for _ in range(2)] for letter in "AB"}
    events: list[Event] = []
    spans: list[Span] = []
    for phrase in phrases:
        melody, chords = _phrase(phrase, motifs[phrase.letter], piece.meter, spans[-1:], rng)
        spans += chords
        texture = TEXTURES[phrase.texture].accompany
        written = melody + texture(chords, melody, piece.meter, rng)
        events += _moved(written, int(high.choice(piece.octaves)))
    return perform(events, phrases, spans, piece.tempo, piece.seconds, rng)


def _moved(events: list[Event], octaves: int) -> list[Event]:
    """`events` moved by `octaves`, those that would leave the keyboard by one less, or not."""
    moved = []
    for event in events:
        pitch = event.pitch + 12 * octaves
        while not KEYS[0] <= pitch <= KEYS[1]:
            pitch += 12 if pitch < KEYS[0] else -12
        moved.append(replace(event, pitch=pitch))
    return moved


def _form(piece: Piece, rng: np.random.Generator) -> list[Phrase]:
    """Phrases enough to fill `piece.seconds`, with their keys, cadences and dynamics."""
    beats = BARS * piece.meter
    count = max(1, round(piece.seconds * piece.tempo / 60 / (1.05 * beats)))
    pairs = (count + 1) // 2
    away = [pair % 2 == 1 and pair < pairs - 1 for pair in range(pairs)]
    keys = [piece.key.related() if other else piece.key for other in away]
    others = [name for name in piece.styles if name != piece.style]
    contrast = str(rng.choice(others or [piece.style]))
    level = rng.uniform(*piece.levels)
    phrases = []
    for i in range(count):
        pair, closes, last = i // 2, i % 2 == 1 or i == count - 1, i == count - 1
        after = keys[min(pair + 1, pairs - 1)] if closes else keys[pair]
        cadence = "authentic" if closes else str(rng.choice(["half", "half", "deceptive"]))
        phrases.append(
            Phrase(
                start=float(i * beats),
                beats=float(beats),
                key=keys[pair],
                next_key=keys[pair] if last else after,
                cadence=cadence,
                letter="B" if away[pair] else "A",
                texture=contrast if away[pair] else piece.style,
                level=float(level + 8 * (i % 2) + 6 * away[pair] + rng.normal(0, 4) - 8 * last),
                last=last,
            )
        )
    return phrases


def _motif(meter: int, rng: np.random.Generator) -> Motif:
    rhythm = CELLS[meter][int(rng.integers(len(CELLS[meter])))]
    steps = rng.integers(-3, 4, size=len(rhythm))
    return Motif(rhythm, tuple(int(step) for step in np.cumsum(steps) - steps[0]))


def _phrase(
    phrase: Phrase, motifs: list[Motif], meter: int, before: list[Span], rng: np.random.Generator
) -> tuple[list[Event], list[Span]]:
    """Melody and voiced chords of one phrase."""
    slots = TEXTURES[phrase.texture].chords_a_bar * BARS
    chords = progression(phrase.key, phrase.next_key, slots, phrase.cadence, rng)
    length = phrase.beats / slots
    onsets = [phrase.start + i * length for i in range(slots)]
    melody = _melody(phrase, motifs, meter, onsets, chords, rng)
    voiced: list[Span] = []
    for onset, chord in zip(onsets, chords, strict=True):
        last = (voiced or before)[-1:]
        centre = 0.7 * last[0].voices[0] + 0.3 * 43 if last else 43.0
        bass = nearest(centre, (chord.bass,), *BASS)
        top = [n.pitch for n in melody if n.start <= onset + length / 2][-1]
        tenor, alto = inner_voices(chord, bass, top, last[0].voices if last else None)
        voiced.append(Span(onset, length, chord, (bass, tenor, alto, top)))
    return melody, voiced


def _melody(
    phrase: Phrase,
    motifs: list[Motif],
    meter: int,
    onsets: list[float],
    chords: list[Chord],
    rng: np.random.Generator,
) -> list[Event]:
    """One arch of four bars: motif, its continuation, the motif in sequence, a long last note."""
    register = TEXTURES[phrase.texture].register + rng.uniform(-2, 2)
    close = (meter - 1, 1) if not phrase.last else (meter,)
    bars = [motifs[0], motifs[1], motifs[0], Motif(close, (0,) * len(close))]
    starts, lengths, targets = [], [], []
    for bar, motif in enumerate(bars):
        at = phrase.start + bar * meter
        for duration, step in zip(motif.rhythm, motif.contour, strict=True):
            arch = 6 * np.sin(np.pi * ((at - phrase.start) / phrase.beats) ** 1.2)
            starts.append(at)
            lengths.append(float(duration))
            targets.append(register + arch + 1.3 * step)
            at += duration
    over = [chords[int(np.searchsorted(onsets, s, side="right")) - 1] for s in starts]
    strong = [float(s).is_integer() for s in starts]
    pitches = [0] * len(starts)
    before = targets[0]
    for i in np.flatnonzero(strong):
        tones = over[i].tones
        if phrase.cadence == "authentic" and starts[i] == phrase.start + 3 * meter:
            tones = tones[:1]  # a full close ends on the tonic
        pitches[i] = _step(0.6 * targets[i] + 0.4 * before, tones, int(before))
        before = pitches[i]
    for i in np.flatnonzero(~np.array(strong)):  # weak notes pass between their neighbours
        following = next((pitches[j] for j in range(i + 1, len(pitches)) if strong[j]), before)
        middle = (pitches[i - 1] + following) / 2 + (0.6 if following == pitches[i - 1] else 0)
        pitches[i] = _step(middle, tuple(over[i].scale), pitches[i - 1])
    return [Event(*note, "melody") for note in zip(starts, lengths, pitches, strict=True)]


def _step(target: float, classes: tuple[int, ...], before: int) -> int:
    """The nearest pitch to `target` of `classes`, a repetition of `before` only if far nearer."""
    allowed = [p for p in range(MELODY[0], MELODY[1] + 1) if p % 12 in classes]
    return min(allowed, key=lambda p: abs(p - target) + 2.5 * (p == before))
