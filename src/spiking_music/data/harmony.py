"""Tonal harmony in miniature: keys, chords, functional progressions with cadences, voice leading.

*Ours*: the paper trains on real performances; this is what makes generated ones sound like music.
"""

import itertools
from dataclasses import dataclass

import numpy as np

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
DOMINANT_MINOR = (0, 2, 3, 5, 7, 9, 11)  # melodic minor, over chords with the leading tone
NAMES = ("C", "D-flat", "D", "E-flat", "E", "F", "F-sharp", "G", "A-flat", "A", "B-flat", "B")

# symbol -> (root above the tonic, intervals above the root, index of the bass tone)
TRIAD, MINOR, DIM, SEVENTH, MINOR7 = (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10), (0, 3, 7, 10)
CHORDS: dict[str, dict[str, tuple[int, tuple[int, ...], int]]] = {
    "major": {
        "I": (0, TRIAD, 0), "I6": (0, TRIAD, 1), "I64": (0, TRIAD, 2), "ii": (2, MINOR, 0),
        "ii6": (2, MINOR, 1), "ii7": (2, MINOR7, 0), "iii": (4, MINOR, 0), "IV": (5, TRIAD, 0),
        "V": (7, TRIAD, 0), "V6": (7, TRIAD, 1), "V7": (7, SEVENTH, 0), "V43": (7, SEVENTH, 2),
        "vi": (9, MINOR, 0), "V7/V": (2, SEVENTH, 0),
    },
    "minor": {
        "I": (0, MINOR, 0), "I6": (0, MINOR, 1), "I64": (0, MINOR, 2), "ii": (2, DIM, 1),
        "ii6": (2, DIM, 1), "ii7": (2, (0, 3, 6, 10), 1), "iii": (3, TRIAD, 0), "IV": (5, MINOR, 0),
        "V": (7, TRIAD, 0), "V6": (7, TRIAD, 1), "V7": (7, SEVENTH, 0), "V43": (7, SEVENTH, 2),
        "vi": (8, TRIAD, 0), "V7/V": (2, SEVENTH, 0),
    },
}  # fmt: skip
FOLLOWS = {  # tonic -> predominant -> dominant -> tonic, with the usual detours
    "I": ("IV", "vi", "ii", "V6", "iii", "I6", "V43"),
    "I6": ("IV", "ii6", "ii7", "V43"),
    "ii": ("V", "V7", "V6"),
    "ii6": ("V", "V7"),
    "ii7": ("V7", "V43"),
    "iii": ("vi", "IV"),
    "IV": ("V", "ii6", "I6", "V43"),
    "V": ("I", "vi", "I6"),
    "V6": ("I",),
    "V7": ("I", "vi"),
    "V43": ("I", "I6"),
    "vi": ("IV", "ii6", "ii", "V7/V"),
    "V7/V": ("V", "V7"),
}
CADENCES = {
    "authentic": ("ii6", "I64", "V7", "I"),
    "half": ("IV", "V7/V", "V"),
    "deceptive": ("IV", "V7", "vi"),
}


@dataclass(frozen=True)
class Key:
    """Tonic pitch class 0..11 and mode, `major` or `minor`."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """For a title: `E-flat Major`."""
        return f"{NAMES[self.tonic]} {self.mode.title()}"

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The diatonic scale (natural minor)."""
        return frozenset((self.tonic + step) % 12 for step in SCALES[self.mode])

    def related(self) -> "Key":
        """Of a contrasting section: the dominant of a major, the relative major of a minor."""
        if self.mode == "major":
            return Key((self.tonic + 7) % 12, "major")
        return Key((self.tonic + 3) % 12, "major")


@dataclass(frozen=True)
class Chord:
    """A chord symbol in a key."""

    symbol: str
    key: Key

    @property
    def tones(self) -> tuple[int, ...]:
        """Pitch classes, root first."""
        root, intervals, _ = CHORDS[self.key.mode][self.symbol]
        return tuple((self.key.tonic + root + step) % 12 for step in intervals)

    @property
    def bass(self) -> int:
        """Pitch class of the lowest voice."""
        return self.tones[CHORDS[self.key.mode][self.symbol][2]]

    @property
    def scale(self) -> frozenset[int]:
        """Pitch classes that may pass over the chord: the scale, bent by foreign chord tones."""
        minor_dominant = self.key.mode == "minor" and self.symbol.startswith("V")
        steps = DOMINANT_MINOR if minor_dominant else SCALES[self.key.mode]
        scale = {(self.key.tonic + step) % 12 for step in steps}
        foreign = set(self.tones) - scale  # the leading tone of V7/V: raises the degree below it
        return frozenset((scale - {(tone - 1) % 12 for tone in foreign}) | foreign)


def progression(
    start: Key, end: Key, slots: int, cadence: str, rng: np.random.Generator
) -> list[Chord]:
    """`slots` chords from the tonic of `start` to a `cadence` in `end`.

    Where the keys differ, the cadence is approached through a pivot: a chord diatonic in both.
    """
    tail = CADENCES[cadence][-max(2, min(len(CADENCES[cadence]), slots - 2)) :]
    head = [Chord("I", start)]
    free = slots - len(tail) - (start != end)
    while len(head) < free:
        head.append(Chord(str(rng.choice(FOLLOWS[head[-1].symbol])), start))
    if start != end:
        pivots = [Chord(symbol, end) for symbol in ("vi", "ii", "IV")]
        both = [chord for chord in pivots if set(chord.tones) <= start.pitch_classes]
        head.append(both[int(rng.integers(len(both)))])
    return head + [Chord(symbol, end) for symbol in tail]


def nearest(pitch: float, classes: frozenset[int] | tuple[int, ...], low: int, high: int) -> int:
    """The pitch in low..high of one of `classes` that lies nearest to `pitch`."""
    allowed = [p for p in range(low, high + 1) if p % 12 in classes]
    return min(allowed, key=lambda p: abs(p - pitch))


def inner_voices(
    chord: Chord, bass: int, melody: int, before: tuple[int, ...] | None
) -> tuple[int, int]:
    """Tenor and alto between `bass` and `melody` that complete the chord and move least.

    `before` is the chord sounding before as (bass, tenor, alto, melody); parallel fifths and
    octaves with it cost more than most motion.
    """
    top = max(melody - 1, bass + 10)
    inside = [p for p in range(max(bass + 3, 43), min(top, 74) + 1) if p % 12 in chord.tones]
    best, least = (bass + 7, bass + 12), np.inf
    for tenor, alto in itertools.combinations(inside, 2):
        voices = (bass, tenor, alto, melody)
        missing = len(set(chord.tones) - {p % 12 for p in voices})
        cost = 6.0 * missing + 0.5 * max(0, alto - tenor - 9) + 0.3 * abs(tenor - 55)
        if before is not None:
            cost += abs(tenor - before[1]) + abs(alto - before[2]) + 12 * parallels(before, voices)
        if cost < least:
            best, least = (tenor, alto), cost
    return best


def parallels(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """How many pairs of voices move from one perfect fifth or octave to another."""
    return sum(
        before[i] != after[i]
        and (before[j] - before[i]) % 12 == (after[j] - after[i]) % 12
        and (after[j] - after[i]) % 12 in (0, 7)
        for i, j in itertools.combinations(range(len(before)), 2)
    )
