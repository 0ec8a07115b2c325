"""A phase for magnitudes without one: fast Griffin-Lim (Perraudin, Balazs, Søndergaard 2013)."""

import math

import torch
from torch import Tensor

from spiking_music.models.backbones.spectral import Stft


def griffin_lim(
    magnitude: Tensor, stft: Stft, iterations: int, momentum: float, generator: torch.Generator
) -> Tensor:
    """Audio (B, 1, T·hop) whose `stft` comes close to `magnitude` (B, n_fft/2 + 1, T) ≥ 0.

    Starts at a random phase, the same for every clip, drawn from a generator on the CPU; goes to
    and fro between waveform and magnitudes, ahead by `momentum` (0: Griffin & Lim 1984).
    """
    turns = torch.rand(magnitude.shape[1:], generator=generator).to(magnitude)  # (F, T)
    spectrum = torch.polar(magnitude, (2 * math.pi * turns).expand_as(magnitude).contiguous())
    before = torch.zeros_like(spectrum)
    tiny = torch.finfo(magnitude.dtype).tiny
    for _ in range(iterations):
        possible = stft(stft.inverse(spectrum))
        ahead = possible + momentum * (possible - before)
        before = possible
        spectrum = magnitude * ahead / ahead.abs().clamp(min=tiny)
    return stft.inverse(spectrum)
