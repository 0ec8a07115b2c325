"""A small data set of one's own in MAESTRO layout, of mixed rates and channels."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from spiking_music.data.midi import write_midi
from spiking_music.data.performance import Performance

SPLITS = ("train", "train", "validation", "test")
FORMATS = ((44100, 2), (48000, 1), (48000, 2), (44100, 1))  # Hz, channels


def make_folder(root: Path, seconds: float) -> Path:
    """Four recordings `0.wav` … of `seconds` under `root`, `0.midi` … and their table."""
    root.mkdir()
    rows = []
    for number, (split, (rate, channels)) in enumerate(zip(SPLITS, FORMATS, strict=True)):
        played = performance(number, seconds)
        wave = sound(played, round(seconds * rate), rate)
        soundfile.write(root / f"{number}.wav", np.stack([wave] * channels, axis=1), rate)
        write_midi(played, root / f"{number}.midi")
        files = f"{number}.midi", f"{number}.wav"
        rows.append(("Anon", f"No. {number}", split, 2004, *files, seconds))
    columns = ["canonical_composer", "canonical_title", "split", "year"]
    columns += ["midi_filename", "audio_filename", "duration"]
    pd.DataFrame(rows, columns=columns).to_csv(root / "metadata.csv", index=False)
    return root


def performance(seed: int, seconds: float) -> Performance:
    """Five notes a second, and the pedal up and down."""
    rng = np.random.default_rng(seed)
    start = np.arange(0, seconds - 0.4, 0.2)
    pitch, velocity = rng.integers(40, 90, len(start)), rng.integers(30, 100, len(start))
    pedal = np.arange(0, seconds - 0.4, 0.5)
    value = np.where(np.arange(len(pedal)) % 2, 0, 100)
    return Performance(start, start + 0.3, pitch, velocity, pedal, value)


def sound(played: Performance, samples: int, rate: int) -> np.ndarray:
    """The notes as decaying sines, (samples,)."""
    wave = np.zeros(samples)
    for start, key, velocity in zip(played.start, played.pitch, played.velocity, strict=True):
        rest = wave[round(start * rate) :][:rate]
        time = np.arange(len(rest)) / rate
        frequency = 440 * 2 ** ((key - 69) / 12)
        rest += velocity / 500 * np.exp(-3 * time) * np.sin(2 * np.pi * frequency * time)
    return wave
