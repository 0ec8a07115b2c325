"""Objective distances between waveforms. Batches (B, L) in, float64 (B,) out."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from torchaudio.functional import melscale_fbanks

from spiking_music.codec.si_snr import Audio, Values, centred, dot, si_snr
from spiking_music.errors import ConfigError

SAME = 1e-9  # squared correlations this close are equal: better than 90 dB either way
STFT_SIZES = (512, 1024, 2048)  # samples
MEL_SIZES = {256: 20, 512: 40, 1024: 80, 2048: 160}  # STFT size in samples: mel bands
RMSE_SIZE = 2048  # samples
FLOOR = 1e-5  # of full scale, -100 dB: quieter spectral bins count as this


def lagged_si_snr(
    estimate: Audio, reference: Audio, max_lag: int
) -> tuple[Values, NDArray[np.int64]]:
    """The best SI-SNR over shifts of |lag| ≤ `max_lag` samples, and its lag (B,) (*ours*).

    A positive lag means that the estimate is late. At each lag only the samples that both have are
    compared; of equally good lags the smallest wins, and where there is no SI-SNR the lag is 0.
    Raises `ConfigError` unless 0 ≤ `max_lag` < L/2.
    """
    length = reference.shape[1]
    if not 0 <= max_lag < length / 2:
        raise ConfigError(f"max_lag {max_lag} must lie below half a clip of {length} samples")
    lags = np.array(sorted(range(-max_lag, max_lag + 1), key=abs))
    match = _squared_correlation(estimate, reference, lags)  # (B, lags)
    best = lags[(match >= match.max(axis=1, keepdims=True) - SAME).argmax(axis=1)]
    values = np.empty(len(best))
    for i, lag in enumerate(best):
        y = estimate[i : i + 1, max(lag, 0) : length + min(lag, 0)]
        x = reference[i : i + 1, max(-lag, 0) : length + min(-lag, 0)]
        values[i] = si_snr(y, x)[0]
    return values, best


def mel_distance(estimate: Audio, reference: Audio, sample_rate: int) -> Values:
    """Mean absolute difference of log-mel spectra in dB, over bands, frames and four resolutions.

    STFT sizes 256 to 2048 with 20 to 160 bands (`MEL_SIZES`), Hann, hop a quarter; magnitudes are
    relative to full scale, and nothing counts below −100 dB. Louder is another sound here.
    """
    distances = []
    for size, bands in MEL_SIZES.items():
        filters = melscale_fbanks(
            size // 2 + 1, 0.0, sample_rate / 2, bands, sample_rate, mel_scale="slaney"
        )  # (bins, bands)
        y, x = (
            20 * (_spectra(audio, size) @ filters).clamp(min=FLOOR).log10()
            for audio in (estimate, reference)
        )  # (B, frames, bands)
        distances.append((y - x).abs().mean(dim=(1, 2)))
    return torch.stack(distances).mean(dim=0).double().numpy()


def stft_distance(estimate: Audio, reference: Audio) -> Values:
    """Multi-resolution STFT distance: spectral convergence plus log-magnitude L1 (in nepers).

    ‖|X| − |X̂|‖/‖|X|‖ + mean |ln|X| − ln|X̂||, the mean over three resolutions (Yamamoto et al.
    2020); nothing counts below −100 dB re full scale.
    """
    distances = []
    for size in STFT_SIZES:
        y, x = (_spectra(audio, size).clamp(min=FLOOR) for audio in (estimate, reference))
        convergence = torch.linalg.matrix_norm(x - y) / torch.linalg.matrix_norm(x)
        distances.append(convergence + (x.log() - y.log()).abs().mean(dim=(1, 2)))
    return torch.stack(distances).mean(dim=0).double().numpy()


def waveform_rmse(estimate: Audio, reference: Audio) -> Values:
    """Root mean square error of the samples, full scale = 1."""
    error = estimate.astype(np.float64) - reference
    return np.asarray(np.sqrt(dot(error, error) / reference.shape[1]))


def spectrum_rmse(estimate: Audio, reference: Audio) -> Values:
    """Root mean square error of STFT magnitudes, blind to phase.

    Hann, `RMSE_SIZE` samples, hop a quarter; a sine of full scale peaks near 1.
    """
    error = _spectra(estimate, RMSE_SIZE) - _spectra(reference, RMSE_SIZE)
    return error.double().square().mean(dim=(1, 2)).sqrt().numpy()


def level_dbfs(audio: Audio) -> Values:
    """Root mean square in dB re full scale; −inf for digital silence."""
    power = dot(audio.astype(np.float64), audio.astype(np.float64)) / audio.shape[1]
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(power))


def _squared_correlation(estimate: Audio, reference: Audio, lags: NDArray[np.int64]) -> Values:
    """ρ² (B, lags) of the overlapping samples, on which SI-SNR = 10·log10(ρ²/(1−ρ²)) depends."""
    x, y = centred(reference), centred(estimate)
    length = x.shape[1]
    size = next_fast_len(length + int(np.abs(lags).max()), real=True)
    both = irfft(np.conj(rfft(x, size)) * rfft(y, size), size)[:, lags]  # Σ x[n] y[n + lag]
    late, early = np.maximum(lags, 0), np.maximum(-lags, 0)
    count = length - np.abs(lags)
    sum_y, power_y = _window_sums(y, late, length - early)
    sum_x, power_x = _window_sums(x, early, length - late)
    covariance = both - sum_x * sum_y / count
    spread = (power_x - sum_x**2 / count) * (power_y - sum_y**2 / count)
    # what is left of nearly empty overlaps is rounding
    overlaps = spread > 1e-12 * (dot(x, x) * dot(y, y))[:, None]
    return np.divide(covariance**2, spread, out=np.zeros_like(spread), where=overlaps)


def _window_sums(
    audio: NDArray[np.float64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Σ a and Σ a² of samples start:end, each (B, lags)."""
    sums = []
    for values in (audio, audio**2):
        total = np.concatenate([np.zeros((len(audio), 1)), values.cumsum(axis=1)], axis=1)
        sums.append(total[:, end] - total[:, start])
    return sums[0], sums[1]


def _spectra(audio: Audio, size: int) -> torch.Tensor:
    """STFT magnitudes (B, frames, size/2 + 1); a sine of full scale peaks near 1."""
    window = torch.hann_window(size)
    spectra = torch.stft(
        torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float32)),
        size,
        hop_length=size // 4,
        window=window,
        return_complex=True,
    )
    return spectra.abs().mT * (2 / window.sum())
