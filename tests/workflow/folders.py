"""A small data set of one's own in MAESTRO layout: mixed rates and channels, real notes."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from spiking_music.dataset.compose import Piece, compose
from spiking_music.dataset.harmony import Key
from spiking_music.dataset.midi import write_midi

SPLITS = ("train", "train", "validation", "test")
FORMATS = ((44100, 2), (48000, 1), (44100, 1), (48000, 2))  # Hz, channels


def tones(start: np.ndarray, pitch: np.ndarray, seconds: float, rate: int) -> np.ndarray:
    """Decaying sines, (samples,)."""
    wave = np.zeros(round(seconds * rate))
    for begin, key in zip(start, pitch, strict=True):
        rest = wave[round(begin * rate) :]
        time = np.arange(len(rest)) / rate
        rest += 0.05 * np.exp(-3 * time) * np.sin(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * time)
    return wave


def make_folder(root: Path, seconds: float = 7.0) -> Path:
    """Four performances `0.wav`, `0.midi` … of at least `seconds` under `root`, and their table."""
    root.mkdir()
    rows = []
    for number, (split, (rate, channels)) in enumerate(zip(SPLITS, FORMATS, strict=True)):
        played = compose(Piece((number,), "chorale", Key(0, "major"), 4, 90.0, seconds))
        wave = tones(played.start, played.pitch, played.duration, rate)
        soundfile.write(root / f"{number}.wav", np.stack([wave] * channels, axis=1), rate)
        write_midi(played, root / f"{number}.midi")
        rows.append(("Anon", f"No. {number}", split, 2004, number, played.duration))
    columns = ["canonical_composer", "canonical_title", "split", "year", "number", "duration"]
    table = pd.DataFrame(rows, columns=columns)
    for column, ending in (("midi_filename", "midi"), ("audio_filename", "wav")):
        table[column] = table["number"].map(lambda number, ending=ending: f"{number}.{ending}")
    table.drop(columns="number").to_csv(root / "metadata.csv", index=False)
    return root
