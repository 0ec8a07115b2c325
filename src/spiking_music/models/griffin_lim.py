"""A phase for magnitudes without one: fast Griffin-Lim (Perraudin, Balazs, Søndergaard 2013)."""

import math

import torch
from torch import Tensor

from spiking_music.models.backbones.spectral import Stft
from spiking_music.models.noise import Noise


def griffin_lim(
    magnitude: Tensor, stft: Stft, iterations: int, momentum: float, noise: Noise
) -> Tensor:
    """Audio (B, 1, T·hop) whose `stft` comes close to `magnitude` (B, n_fft/2 + 1, T) ≥ 0.

    Starts at a random phase; goes to and fro between waveform and magnitudes, ahead by `momentum`
    (0: Griffin & Lim 1984).
    """
    turns = noise.uniform(*magnitude.shape[1:]).to(magnitude)  # (1 or B, F, T)
    spectrum = torch.polar(magnitude, (2 * math.pi * turns).expand_as(magnitude).contiguous())
    before = torch.zeros_like(spectrum)
    tiny = torch.finfo(magnitude.dtype).tiny
    for _ in range(iterations):
        possible = stft(stft.inverse(spectrum))
        ahead = possible + momentum * (possible - before)
        before = possible
        spectrum = magnitude * ahead / ahead.abs().clamp(min=tiny)
    return stft.inverse(spectrum)
