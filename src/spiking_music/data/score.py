"""The written form of a generated piece, in beats: notes, chords and phrases."""

from dataclasses import dataclass

from spiking_music.data.harmony import Chord, Key

Voices = tuple[int, int, int, int]  # pitches of bass, tenor, alto, melody


@dataclass(frozen=True)
class Event:
    """A written note: start and length in beats, MIDI pitch, role melody | inner | bass."""

    start: float
    length: float
    pitch: int
    role: str


@dataclass(frozen=True)
class Span:
    """A chord in time, in beats, with the voices that realise it."""

    start: float
    length: float
    chord: Chord
    voices: Voices


@dataclass(frozen=True)
class Phrase:
    """Four bars: where they stand (beats), their harmony, motif, texture and loudness."""

    start: float
    beats: float
    key: Key
    next_key: Key  # modulated to before the cadence
    cadence: str
    letter: str  # of the section: A home, B away
    texture: str
    level: float  # MIDI velocity
    last: bool
