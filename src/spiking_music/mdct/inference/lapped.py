"""The modulated lapped transform of `models.lapped_transform`, by fast Fourier transforms."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Lapped:
    """Audio (T·hop,) ↔ coefficients (T, hop); orthonormal, as `Mdct`."""

    def __init__(self, hop: int) -> None:
        self.hop, self.overlap = hop, hop // 2
        angle = np.pi / (2 * hop) * (self.overlap + np.arange(self.overlap) + 0.5)
        self._cosine, self._sine = np.cos(angle).astype("f4"), np.sin(angle).astype("f4")
        turns = np.exp(-1j * np.pi * (8 * np.arange(hop // 2) + 1) / (8 * hop))
        self._before = turns.astype(np.complex64)
        self._after = (turns * np.sqrt(hop / 2)).astype(np.complex64)

    def forward(self, audio: Floats) -> Floats:
        """Coefficients (T, hop) of audio (T·hop,)."""
        return self.dct(self._rotated(audio.reshape(-1, self.hop), self._cosine))

    def joined(self, frames: Floats) -> Floats:
        """Audio (T·hop,) of the `dct` (T, hop) of coefficients: the second half of the inverse."""
        return self._rotated(frames, -self._cosine).reshape(-1)

    def dct(self, frames: Floats) -> Floats:
        """The DCT-IV of each row of (T, hop), its own inverse, by an FFT of half the length."""
        half = np.empty((len(frames), self.hop // 2), np.complex64)
        half.real, half.imag = frames[:, ::2], frames[:, ::-2]
        half *= self._before
        # normed so that numpy computes in single precision, as it does not in the other direction
        turned = np.fft.fft(half, norm="forward")
        turned *= self._after
        result = np.empty_like(frames)
        result[:, ::2] = turned.real
        np.negative(turned.imag, out=result[:, ::-2])
        return result

    def _rotated(self, frames: Floats, cosine: Floats) -> Floats:
        """Frames (T, hop) whose boundaries are rotated forth, or back with −cosine."""
        result = frames.copy()
        after = frames[1:, : self.overlap]  # outwards from the boundary
        before = frames[:-1, self.overlap :][:, ::-1]
        result[1:, : self.overlap] = self._sine * after + cosine * before
        result[:-1, self.overlap :][:, ::-1] = self._sine * before - cosine * after
        return result
