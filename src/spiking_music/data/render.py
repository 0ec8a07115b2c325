"""Performance + sound font → recording: FLAC, 16 bit, written block by block.

Loudness: every tone is scaled by the same fixed `GAIN`, which leaves ordinary playing some 6 dB of
headroom and keeps loud pieces louder than soft ones; only a performance whose peak would pass
`CEILING` is scaled down, as a whole, to just that. Two passes over the mix (peak, then file) keep
memory bounded by one block and the longest tone, whatever the length of the piece.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from spiking_music import files
from spiking_music.data.performance import Performance
from spiking_music.data.sampled_piano import SampledPiano
from spiking_music.data.soundfont import LONGEST, SoundFont, Tone
from spiking_music.data.studio import Studio

GAIN = 2.0
CEILING = 0.97  # of full scale
BLOCK = 30  # seconds mixed at a time
WIDTH = 0.35  # keyboard from left to right, as the player hears it; *ours*: fonts pan little


Instrument = SoundFont | SampledPiano


def open_soundfont(path: str | None, sample_rate: int) -> Instrument:
    """The font or folder at `path`, or the font of pretty_midi (TimGM6mb); `DataError` if unusable.

    A folder holds recorded tones (`SampledPiano`).
    """
    if path is not None and Path(path).is_dir():
        return SampledPiano(Path(path), sample_rate)
    if path is not None:
        return SoundFont(Path(path), sample_rate)
    package = importlib.util.find_spec("pretty_midi")  # found, not imported: that takes a while
    assert package is not None and package.origin is not None, "pretty_midi is a dependency"
    return SoundFont(Path(package.origin).parent / "TimGM6mb.sf2", sample_rate)


def render(
    performance: Performance,
    font: Instrument,
    channels: int,
    audio: Path,
    studio: Studio | None = None,
) -> float:
    """Write `audio` (.flac) at the font's rate with 1 or 2 channels; return its peak, 0..1.

    With a `studio` there is one channel.
    """
    channels = 1 if studio else channels
    peak = max(np.abs(block).max() for block in _heard(performance, font, channels, studio))
    scale = min(1.0, CEILING / max(peak, 1e-9))
    with (
        files.atomic(audio) as temporary,
        files.Disk(temporary) as disk,
        soundfile.SoundFile(disk, "w", font.sample_rate, channels, "PCM_16", format="FLAC") as file,
    ):
        for block in _heard(performance, font, channels, studio):  # (channels, samples)
            file.write(np.round(block.T * (scale * 32767)).astype(np.int16))
    return float(peak * scale)


def _heard(
    performance: Performance, font: Instrument, channels: int, studio: Studio | None
) -> Iterator[np.ndarray]:
    """What is written, before its level is set; blocks of (channels, samples), some empty."""
    if studio is None:
        return mix(performance, font, channels)
    blocks = studio.hear(mix(studio.slowed(performance), font, 2))
    return (block for block in blocks if block.size)


def mix(performance: Performance, font: Instrument, channels: int) -> Iterator[np.ndarray]:
    """The waveform of `performance.duration`, in blocks of (channels, up to BLOCK s) float32.

    A tone is mixed whole when its block comes, and what reaches beyond is carried into the next.
    """
    rate = font.sample_rate
    size, total = BLOCK * rate, round(performance.duration * rate)
    begin = np.round(performance.start * rate).astype(int)
    damped = np.round(performance.sounding_until() * rate).astype(int)
    tail = int((LONGEST + 1) * rate)
    buffer = np.zeros((channels, size + tail), np.float32)
    note = 0
    for start in range(0, total, size):
        while note < len(begin) and begin[note] < start + size:
            key, velocity = int(performance.pitch[note]), int(performance.velocity[note])
            for tone in font.strike(key, velocity):
                wave = _damped(tone, damped[note] - begin[note], rate)
                at = begin[note] - start
                gains = GAIN * (velocity / 127) ** 2 * _pan(tone, key, channels)
                for channel, gain in zip(buffer, gains, strict=True):
                    channel[at : at + len(wave)] += gain * wave
            note += 1
        yield buffer[:, : min(size, total - start)].copy()
        buffer[:, :tail] = buffer[:, size:]
        buffer[:, tail:] = 0


def _damped(tone: Tone, held: int, rate: int) -> np.ndarray:
    """The tone with the damper falling after `held` samples: exponential release down to -60 dB."""
    if held >= len(tone.wave):
        return tone.wave
    fall = np.arange(max(1, int(0.6 * tone.release * rate))) / (tone.release * rate)
    wave = tone.wave[: held + len(fall)].copy()
    wave[held:] *= 10 ** (-5 * fall[: len(wave) - held]).astype(np.float32)
    return wave


def _pan(tone: Tone, key: int, channels: int) -> np.ndarray:
    """Gains of the channels, (channels,): left and right of constant power, or 1 for mono."""
    if channels == 1:
        return np.ones(1, np.float32)
    place = np.clip(tone.pan + WIDTH * (key - 64.5) / 87, -0.5, 0.5)
    angle = (place + 0.5) * np.pi / 2
    return (np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])).astype(np.float32)
