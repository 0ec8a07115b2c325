"""The decoder of `mdct.postfilter`, in numpy: the inverse filter bank and the post-filter."""

from math import log

import numpy as np
from numpy.typing import NDArray

from spiking_music.config import MdctConfig
from spiking_music.mdct.inference.convnext import ConvNeXt, Weights
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.inference.stft import Spectrum, Stft
from spiking_music.mdct.prior import expected_power, low_bins
from spiking_music.models.backbones.compression import (
    FLOOR,
    MAGNITUDE_EXPONENT,
    MAX_LOG_GAIN,
    WAVE_EXPONENT,
)

Floats = NDArray[np.float32]
HALF_LN2 = np.float32(log(2) / 2)  # of log2 of a power to ln of an amplitude


class PostFilter:
    """Coefficients, frame gain and envelope (T, bins + 1 + bands) → audio (T·hop,)."""

    def __init__(self, config: MdctConfig, transform: Lapped, weights: Weights) -> None:
        """weights: of the backbone; `ValueError` where they are not."""
        self._config, self._transform = config, transform
        self._stft = Stft(config.n_fft, transform.hop)
        self._bins, self._low = config.n_fft // 2 + 1, low_bins(config, transform.hop)
        inputs, outputs = 3 * self._low + config.latent, 3 * self._bins + self._low
        self._backbone = ConvNeXt(weights, inputs, outputs, config)
        bands, offset = expected_power(config, transform.hop)
        one = np.ones_like(offset)
        self._loudness = HALF_LN2 * np.concatenate([bands, one, offset], axis=1).T

    def __call__(self, latent: Floats, kept: range) -> Floats:
        """Audio of the frames `kept` only, (kept·hop,); the others are their context."""
        bins, hop = self._config.bins, self._transform.hop
        coefficients, gain = latent[:, :bins], latent[:, bins : bins + 1]
        bands = latent[:, bins + 1 :] - gain
        rms = np.exp2(gain / np.float32(2))
        frames = np.zeros((len(latent), hop), np.float32)
        frames[:, :bins] = coefficients
        frames = self._transform.dct(frames)
        spectrum = self._stft.forward(self._transform.joined(frames / rms))[:, : self._low]
        inputs = np.concatenate(
            [features(spectrum), _root(coefficients / rms), gain / 10, bands / 10 + 1], axis=1
        )
        overlap = self._stft.overlap  # of frames, which are heard in each other
        heard = range(max(0, kept.start - overlap), min(len(latent), kept.stop + overlap))
        part = slice(heard.start, heard.stop)
        heads = self._backbone(inputs, heard)
        known = np.concatenate([bands, gain, np.ones_like(gain)], axis=1)[part]
        missing = self._missing(heads, spectrum[part] * rms[part], known)
        audio = self._stft.inverse(missing)[(kept.start - heard.start) * hop :]
        return (
            audio[: len(kept) * hop]
            + self._transform.joined(frames)[kept.start * hop : kept.stop * hop]
        )

    def _missing(self, heads: Floats, spectrum: Spectrum, known: Floats) -> Spectrum:
        """What is to be added, (T, n_fft/2 + 1), of the network's outputs m, a, b and share."""
        bins = self._bins
        amplitude = known @ self._loudness
        amplitude += np.minimum(heads[:, :bins], np.float32(MAX_LOG_GAIN))
        np.exp(amplitude, out=amplitude)
        missing = np.empty(amplitude.shape, np.complex64)
        np.multiply(amplitude, heads[:, bins : 2 * bins], out=missing.real)
        np.multiply(amplitude, heads[:, 2 * bins : 3 * bins], out=missing.imag)
        missing[:, : self._low] += heads[:, 3 * bins :] * spectrum
        return missing


def features(spectrum: Spectrum) -> Floats:
    """Complex (T, F) → (T, 3F): compressed magnitude; compressed real and imaginary part."""
    log_magnitude = np.log(np.abs(spectrum) + np.float32(FLOOR))
    shrink = np.exp(np.float32(WAVE_EXPONENT - 1) * log_magnitude)
    magnitude = np.exp(np.float32(MAGNITUDE_EXPONENT) * log_magnitude)
    return np.concatenate([magnitude, shrink * spectrum.real, shrink * spectrum.imag], axis=1)


def _root(x: Floats) -> Floats:
    """√|x| with the sign of x."""
    return np.copysign(np.sqrt(np.abs(x)), x)
