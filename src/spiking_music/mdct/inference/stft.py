"""The short-time Fourier transform of `models.backbones.spectral` and its inverse, in numpy."""

import math
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


class Stft:
    """Audio (T·hop,) ↔ complex spectrum (T, n_fft/2 + 1), Hann window, lengths exact."""

    def __init__(self, n_fft: int, hop: int) -> None:
        self.n_fft, self.hop, self.margin = n_fft, hop, (n_fft - hop) // 2
        self.overlap = math.ceil(self.margin / hop)  # frames on either side that one takes in
        self._hops = math.ceil(n_fft / hop)  # that a frame reaches over
        window = np.sin(np.pi / n_fft * np.arange(n_fft)) ** 2
        self._window = window.astype(np.float32)
        # numpy computes in single precision where a transform is normed, and not where it is not
        self._scaled = (window * n_fft).astype(np.float32)
        self._norms = lru_cache(maxsize=8)(self._least_squares)

    def forward(self, audio: Floats) -> Spectrum:
        """Spectrum (T, n_fft/2 + 1) of audio (T·hop,)."""
        padded = np.pad(audio, self.margin)
        frames = sliding_window_view(padded, self.n_fft)[:: self.hop] * self._scaled
        return np.fft.rfft(frames, norm="forward").view(np.complex64)

    def inverse(self, spectrum: Spectrum) -> Floats:
        """Audio (T·hop,) of a spectrum (T, n_fft/2 + 1), least squares."""
        frames = np.fft.irfft(spectrum, n=self.n_fft).view(np.float32)
        frames *= self._window
        audio = self._overlap_add(frames)
        audio *= self._norms(len(frames))
        return audio

    def _least_squares(self, steps: int) -> Floats:
        """What the sum of so many overlapping frames is to be multiplied by, (T·hop,)."""
        square = np.broadcast_to(np.square(self._window), (steps, self.n_fft))
        factors: Floats = np.reciprocal(self._overlap_add(square))
        return factors

    def _overlap_add(self, frames: Floats) -> Floats:
        """Frames (T, n_fft) added at their places → (T·hop,), margins cut."""
        steps = len(frames)
        added = np.zeros((steps + self._hops - 1, self.hop), np.float32)
        for i in range(self._hops):
            part = frames[:, i * self.hop : (i + 1) * self.hop]
            added[i : i + steps, : part.shape[1]] += part
        return added.reshape(-1)[self.margin : self.margin + steps * self.hop]
