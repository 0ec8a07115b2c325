"""Stimuli whose sound tells which system they are of and where in them one is."""

import hashlib
import json
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 48000
SECONDS = 2.5
SYSTEMS = ("reference", "rvq", "free", "sparse", "anchor-distorted")
CLIPS = {"c1": "Prelude in C", "c2": "Étude “La “Mer”, no. 2"}
BAND_HZ = (80, 1000)


def sound(seed: int) -> NDArray[np.float64]:
    """Noise of one band, (samples,): like no other, and too smooth to hold a click."""
    samples = round(SECONDS * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=samples))
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    spectrum[(frequency < BAND_HZ[0]) | (frequency > BAND_HZ[1])] = 0
    wave = np.fft.irfft(spectrum, samples)
    return 0.5 * wave / np.abs(wave).max()


def write_stimuli(folder: Path) -> Path:
    """A manifest of two clips, the first for training too, and its sounds. Returns its path."""
    folder.mkdir()
    clips = []
    for number, (clip, title) in enumerate(CLIPS.items()):
        stimuli = []
        for place, system in enumerate(SYSTEMS):
            name = hashlib.sha256(f"{clip}:{system}".encode()).hexdigest()[:16] + ".wav"
            soundfile.write(folder / name, sound(100 * number + place), RATE)
            content = (folder / name).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            samples = soundfile.info(folder / name).frames
            stimuli.append({"system": system, "file": name, "sha256": digest, "samples": samples})
        clips.append({"clip": clip, "title": title, "stimuli": stimuli})
    manifest = {"version": 1, "test": "tones", "sample_rate": RATE, "seed": 7, "clips": clips}
    path = folder / "manifest.json"
    path.write_text(json.dumps({**manifest, "training": ["c1"]}))
    return path


def names(manifest: Path) -> dict[str, tuple[str, str]]:
    """Sound as the page calls it -> (clip, system)."""
    return {
        Path(stimulus["file"]).stem: (clip["clip"], stimulus["system"])
        for clip in json.loads(manifest.read_text())["clips"]
        for stimulus in clip["stimuli"]
    }
