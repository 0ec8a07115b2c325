"""A piano of recorded tones: a folder of files such as `D#4v10.ogg`, one a pitch and loudness.

The names are those of the Salamander Grand Piano V3 (Alexander Holm, CC BY 3.0), 30 pitches a minor
third apart in 16 layers. Its own instrument file says which velocities a layer plays, and how much
its level follows them; both are repeated here.
"""

import itertools
import re
from pathlib import Path

import numpy as np
import soundfile
import soxr

from spiking_music.data.soundfont import FADE, LONGEST, Tone
from spiking_music.errors import DataError

NAME = re.compile(r"([A-G]#?)(\d)v(\d+)\.(?:ogg|flac|wav)")
STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOUDEST = (
    26,
    34,
    36,
    43,
    46,
    50,
    56,
    64,
    72,
    80,
    88,
    96,
    104,
    112,
    120,
    127,
)  # velocity of a layer
TRACKING = (
    0.73  # how much of the level follows velocity within the instrument; the rest is recorded
)
RELEASE = 1.0  # seconds for 100 dB once the damper has fallen
LAST_DAMPER, OPEN = 88, 30.0  # strings above this key have none; as good as no damper


class SampledPiano:
    """The piano in `folder`, sounding at `sample_rate` Hz, left and right microphone apart.

    Tones that were struck are kept: all of them take 1.6 GB at 22 kHz.
    """

    def __init__(self, folder: Path, sample_rate: int) -> None:
        """List the files; `DataError` where there are none of such names."""
        self.path, self.sample_rate = folder, sample_rate
        self._files: dict[tuple[int, int], Path] = {}
        for path in sorted(folder.iterdir()):
            if match := NAME.fullmatch(path.name):
                step, octave, layer = match.groups()
                self._files[12 * (int(octave) + 1) + STEPS.index(step), int(layer)] = path
        layers = {layer for _, layer in self._files}
        pitches = {pitch for pitch, _ in self._files}
        if layers != set(range(1, len(LOUDEST) + 1)):
            raise DataError(
                f"'{folder}' has not the {len(LOUDEST)} layers of a sampled piano (A0v1.ogg … "
                f"C8v{len(LOUDEST)}.ogg): make it with 'spiking-music data piano'"
            )
        for pitch, layer in itertools.product(sorted(pitches), sorted(layers)):
            if (pitch, layer) not in self._files:
                name = f"{STEPS[pitch % 12]}{pitch // 12 - 1}v{layer}"
                raise DataError(f"'{folder}' lacks '{name}', which it has in other layers: add it")
        self._pitches = np.array(sorted(pitches))
        self._tones: dict[tuple[int, int], list[Tone]] = {}

    def strike(self, key: int, velocity: int) -> list[Tone]:
        """The tones of a key, as `SoundFont.strike`: of the left microphone and of the right."""
        struck = key, int(np.searchsorted(LOUDEST, velocity)) + 1
        if struck not in self._tones:
            self._tones[struck] = self._make(*struck)
        return self._tones[struck]

    def _make(self, key: int, layer: int) -> list[Tone]:
        """The nearest recorded pitch, played faster or slower, at unit velocity gain."""
        pitch = int(self._pitches[np.argmin(np.abs(self._pitches - key))])
        speed = 2 ** ((key - pitch) / 12)
        try:
            with soundfile.SoundFile(self._files[pitch, layer]) as file:
                rate = file.samplerate * speed
                wave = file.read(int((LONGEST + 0.1) * rate), dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise DataError(f"'{self._files[pitch, layer]}' cannot be read: {error}") from None
        wave = soxr.resample(wave, rate, self.sample_rate)
        wave = wave[: int(LONGEST * self.sample_rate)]
        left = len(wave) - np.arange(len(wave))
        wave *= _level(layer) * np.clip(left / (FADE * self.sample_rate), 0, 1)[:, None]
        release = RELEASE if key <= LAST_DAMPER else OPEN
        sides = [(wave[:, 0], -0.5), (wave[:, -1], 0.5)]
        return [Tone(np.ascontiguousarray(side / 2), pan, release) for side, pan in sides]


def _level(layer: int) -> np.float32:
    """Gain that makes `velocity²`, by which tones are played, the instrument's own level."""
    lowest = LOUDEST[layer - 2] + 1 if layer > 1 else 1
    middle = ((lowest + LOUDEST[layer - 1]) / 2 / 127) ** 2
    return np.float32((1 - TRACKING + TRACKING * middle) / middle)
