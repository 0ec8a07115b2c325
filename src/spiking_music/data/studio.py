"""What lies between a piano and a recording of it: tuning, place of microphones, room, noise.

One sampled piano is one piano in one room. A codec that has heard no other expects its colour; so
each recording of a generated data set may be made elsewhere. All sizes are *ours*.
"""

from collections.abc import Iterator

import numpy as np
import scipy.signal
import soxr

from spiking_music.data.performance import Performance

TAPS = 1023  # of the tone colour
EDGES = (20, 60, 120, 250, 500, 1000, 2000, 4000, 8000, 16000)  # Hz where the colour is drawn
BANDS = ((0, 400, 1.0), (400, 2000, 0.8), (2000, 24000, 0.45))  # Hz, share of the room's decay


class Studio:
    """A drawn set-up; equal seeds make equal recordings."""

    def __init__(self, seed: tuple[int, ...], sample_rate: int) -> None:
        self._seed, self._rate = seed, sample_rate
        rng = np.random.default_rng((*seed, 0))
        self.speed = float(2 ** (rng.uniform(-30, 30) / 1200))  # tuning
        left = rng.choice([0.0, 1.0, rng.uniform(0.2, 0.8)])  # of the microphones of the piano
        places = np.sqrt([[left], [1 - left]])
        colour = _colour(rng, sample_rate)[None]
        room = _room(rng, sample_rate)
        self._responses = scipy.signal.oaconvolve(places * room, colour, axes=1)
        self._noise = 10 ** (rng.uniform(-90, -58) / 20)
        self._pole = rng.uniform(0.3, 0.95)  # noise has more power at low frequencies

    def slowed(self, performance: Performance) -> Performance:
        """What to play so that, retuned by playing it faster, it has the times of `performance`."""
        return performance.stretched(self.speed)

    def hear(self, blocks: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Blocks of the piano, (2, samples), → of the recording, (1, about as many)."""
        tune = soxr.ResampleStream(self._rate * self.speed, self._rate, 1, dtype="float32")
        rng = np.random.default_rng((*self._seed, 1))
        tail = np.zeros(self._responses.shape[1] - 1, np.float32)
        state = np.zeros(1)
        for block in blocks:
            wet = scipy.signal.oaconvolve(block, self._responses, axes=1).sum(axis=0)
            wet[: len(tail)] += tail
            size = block.shape[1]
            tail = np.concatenate([wet[size:], np.zeros(max(0, len(tail) - len(wet) + size))])
            noise, state = scipy.signal.lfilter(
                [self._noise * (1 - self._pole)], [1, -self._pole], rng.normal(size=size), zi=state
            )
            yield tune.resample_chunk((wet[:size] + noise).astype(np.float32))[None]
        yield tune.resample_chunk(np.zeros(0, np.float32), last=True)[None]


def _colour(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Microphone, hammers, lid: a smooth curve of 3 dB to either side, (taps,)."""
    gains = rng.normal(0, 3.0, len(EDGES))
    tilt = rng.normal(0, 1.0) * (np.log2(EDGES) - np.log2(500))  # dB an octave
    hertz = np.arange(TAPS // 2 + 1) * rate / TAPS
    decibels = np.interp(np.log2(hertz + 1), np.log2(EDGES), gains + tilt)
    if rng.random() < 0.5:  # an older recording, or one of a lower sample rate
        decibels -= 60 * np.clip((hertz / rng.uniform(6500, 10000) - 1) / 0.15, 0, 1)
    magnitude = 10 ** (np.clip(decibels, -70, 18) / 20)
    even = np.fft.fftshift(np.fft.irfft(magnitude, TAPS))
    return np.asarray(scipy.signal.minimum_phase(even, half=False))


def _room(rng: np.random.Generator, rate: int) -> np.ndarray:
    """For both microphones, (2, samples): direct sound, and noise that dies away behind it."""
    seconds = 2 ** rng.uniform(np.log2(0.15), np.log2(1.4))  # for 60 dB, at low frequencies
    level = 10 ** (rng.uniform(-32, -9) / 20)  # of all of it, re the direct sound
    size = int(1.2 * seconds * rate)
    time, hertz = np.arange(size) / rate, np.fft.rfftfreq(size, 1 / rate)
    diffuse = np.zeros((2, size))
    for low, high, share in BANDS:
        band = rng.normal(size=(2, size)) * 10 ** (-3 * time / (share * seconds))
        diffuse += np.fft.irfft(np.fft.rfft(band) * ((hertz >= low) & (hertz < high)), size)
    diffuse[:, : int(rng.uniform(0.001, 0.015) * rate)] = 0
    room = diffuse * level / np.sqrt(np.sum(diffuse**2, axis=1, keepdims=True))
    room[:, 0] = 1.0
    return room
