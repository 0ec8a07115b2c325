"""Spectral distances as published tables give them. Batches (B, L) in, float64 (B,) out.

Each is a sum over STFT sizes of mean absolute differences, over frames and bands or bins. The STFT
is unnormalised (a sine of full scale peaks at a quarter of the window's length), Hann, hop a
quarter, reflected at both ends. Descript's audiotools 0.7 call them `MelSpectrogramLoss` and
`MultiScaleSTFTLoss`; Kumar et al. 2023 ("High-Fidelity Audio Compression with Improved RVQGAN")
report them as mel and STFT distance, the table of MOSS-Audio-Tokenizer (Gong et al. 2026) after
them as Mel-Loss and STFT-Dist. Bands depend on the sample rate: compare equal rates only.
"""

import warnings
from functools import cache

import numpy as np
import torch
from torchaudio.functional import melscale_fbanks

from spiking_music.codec.si_snr import Audio, Values

DAC_SIZES = {32: 5, 64: 10, 128: 20, 256: 40, 512: 80, 1024: 160, 2048: 320}  # samples: mel bands
AUDIOTOOLS_SIZES = {2048: 150, 512: 80}  # samples: mel bands
STFT_SIZES = (2048, 512)  # samples
FLOOR = 1e-5  # of magnitudes, before the logarithm


def dac_mel(estimate: Audio, reference: Audio, sample_rate: int) -> Values:
    """Mel distance with the settings of DAC: seven sizes, log10 of magnitudes alone."""
    total = torch.zeros(len(reference))
    for size, bands in DAC_SIZES.items():
        y, x = _mel_spectra(estimate, reference, size, bands, sample_rate)
        total += _log_distance(y, x)
    return total.double().numpy()


def audiotools_mel(estimate: Audio, reference: Audio, sample_rate: int) -> Values:
    """Mel distance with the defaults of audiotools: two sizes, log10 of powers plus magnitudes."""
    total = torch.zeros(len(reference))
    for size, bands in AUDIOTOOLS_SIZES.items():
        y, x = _mel_spectra(estimate, reference, size, bands, sample_rate)
        total += 2 * _log_distance(y, x) + _distance(y, x)
    return total.double().numpy()


def audiotools_stft(estimate: Audio, reference: Audio) -> Values:
    """STFT distance of audiotools, and of DAC: two sizes, log10 of powers plus magnitudes."""
    total = torch.zeros(len(reference))
    for size in STFT_SIZES:
        y, x = _spectra(estimate, size), _spectra(reference, size)
        total += 2 * _log_distance(y, x) + _distance(y, x)
    return total.double().numpy()


def _mel_spectra(
    estimate: Audio, reference: Audio, size: int, bands: int, sample_rate: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mel magnitudes (B, bands, frames) of both."""
    filters = _filters(size, bands, sample_rate)
    return filters @ _spectra(estimate, size), filters @ _spectra(reference, size)


@cache
def _filters(size: int, bands: int, sample_rate: int) -> torch.Tensor:
    """Triangles of equal area over 0 Hz to half the sample rate, (bands, bins)."""
    with warnings.catch_warnings():
        # bands narrower than a bin are empty in both spectra, and are meant to be
        warnings.filterwarnings("ignore", message="At least one mel filterbank")
        return melscale_fbanks(
            size // 2 + 1, 0.0, sample_rate / 2, bands, sample_rate, "slaney", "slaney"
        ).T.contiguous()


def _log_distance(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return _distance(y.clamp(min=FLOOR).log10(), x.clamp(min=FLOOR).log10())


def _distance(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of each clip, (B,)."""
    return (y - x).abs().mean(dim=(1, 2))


def _spectra(audio: Audio, size: int) -> torch.Tensor:
    """STFT magnitudes (B, bins, frames)."""
    return torch.stft(
        torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32)),
        size,
        hop_length=size // 4,
        window=torch.hann_window(size),
        return_complex=True,
    ).abs()
