"""How far a reconstruction is from its target: the differentiable terms that training sums."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchaudio.functional import melscale_fbanks

from spiking_music.config import LossConfig
from spiking_music.models import across

POWER_FLOOR = 1e-8  # of STFT bins, -80 dB re full scale: quieter ones count as silence
SI_SNR_LIMIT = 30.0  # dB


def si_snr(estimate: Tensor, target: Tensor, limit: float = math.inf) -> Tensor:
    """Scale-invariant signal-to-noise ratio in dB, shape (B,), of waveforms (B, 1, T_x).

    Lisboa & Bellec 2024, SI-SNR. Both are made zero-mean; s = <x̂, x> x / |x|², and the result is
    10 log10(|s|² / |x̂ - s|²).
    With a `limit` it saturates smoothly at ±limit dB (soft threshold of MixIT, arXiv 2006.12701,
    eq. 2, on both sides): it stays invariant to scale, but an estimate that is nearly orthogonal to
    the target has no exploding gradient. A silent estimate scores 0 dB.
    """
    x = target.flatten(1) - target.flatten(1).mean(dim=1, keepdim=True)  # (B, T_x)
    y = estimate.flatten(1) - estimate.flatten(1).mean(dim=1, keepdim=True)
    power = x.square().mean(dim=1, keepdim=True)
    s = (y * x).mean(dim=1, keepdim=True) / (power + torch.finfo(x.dtype).tiny) * x
    signal, noise = s.square().mean(dim=1), (y - s).square().mean(dim=1)
    floor = 10 ** (-limit / 10) * (signal + noise) + 1e-12  # a constant, lest 0 be divided by 0
    return 10 * torch.log10((signal + floor) / (noise + floor))


def stft_distance(estimate: Tensor, target: Tensor) -> Tensor:
    """Spectral convergence + L1 of log magnitudes (Parallel WaveGAN, arXiv 1910.11480, eq. 4 to 6).

    Takes magnitudes of any equal shape. Convergence is relative to the norm of the whole batch, of
    all processes of a training, so that one silent crop in it does not blow up.
    """
    error = across.summed((target - estimate).square().sum())
    difference = error.clamp(min=torch.finfo(target.dtype).tiny).sqrt()
    convergence = difference / across.summed(target.square().sum()).sqrt()
    return convergence + F.l1_loss(estimate.log(), target.log())


def rmse(estimate: Tensor, target: Tensor) -> Tensor:
    """Root mean square error of waveforms (B, 1, T_x), mean over the batch."""
    power = (estimate - target).square().mean(dim=(1, 2))
    return power.clamp(min=torch.finfo(power.dtype).tiny).sqrt().mean()


class ReconstructionLoss(nn.Module):
    """Weighted terms between a reconstruction and its target, both (B, 1, T_x) in -1..1.

    stft: `stft_distance`, mean over the resolutions `n_ffts` (Hann, hop n_fft / 4).
    mel: L1 of log-mel spectra of n_fft / 16 bands, mean over the same resolutions.
    waveform: L1.
    rmse: root mean square error, mean over the batch.
    si_snr: negative SI-SNR in dB, within ±`SI_SNR_LIMIT`, mean over the batch.
    A term of weight 0 is neither computed nor returned.
    """

    def __init__(self, config: LossConfig, sample_rate: int) -> None:
        super().__init__()
        self.config = config
        for n_fft in config.n_ffts:
            window = torch.hann_window(n_fft)
            # unit energy: white noise of power p has power p in each bin, at every resolution
            self.register_buffer(f"window_{n_fft}", window / window.norm(), persistent=False)
            bands = melscale_fbanks(n_fft // 2 + 1, 0.0, sample_rate / 2, n_fft // 16, sample_rate)
            self.register_buffer(f"mel_{n_fft}", bands, persistent=False)  # (F, n_fft / 16)

    def forward(self, estimate: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Scalars by term, already weighted: their sum is the loss."""
        weight = self.config
        with torch.autocast(estimate.device.type, enabled=False):  # logarithms need full precision
            estimate, target = estimate.float(), target.float()
            terms = self._spectral(estimate, target) if weight.stft or weight.mel else {}
            if weight.waveform:
                terms["waveform"] = weight.waveform * F.l1_loss(estimate, target)
            if weight.rmse:
                terms["rmse"] = weight.rmse * rmse(estimate, target)
            if weight.si_snr:
                terms["si_snr"] = weight.si_snr * -si_snr(estimate, target, SI_SNR_LIMIT).mean()
        return terms

    def _spectral(self, estimate: Tensor, target: Tensor) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = {}
        resolutions = len(self.config.n_ffts)
        for n_fft in self.config.n_ffts:
            x, y = self._magnitude(target, n_fft), self._magnitude(estimate, n_fft)
            if self.config.stft:
                term = self.config.stft * stft_distance(y, x) / resolutions
                terms["stft"] = terms.get("stft", 0) + term
            if self.config.mel:
                term = self.config.mel * F.l1_loss(self._log_mel(y), self._log_mel(x)) / resolutions
                terms["mel"] = terms.get("mel", 0) + term
        return terms

    def _magnitude(self, x: Tensor, n_fft: int) -> Tensor:
        """(B, 1, T_x) -> (B, F, frames)."""
        spectrum = torch.stft(
            x[:, 0],
            n_fft,
            hop_length=n_fft // 4,
            window=self.get_buffer(f"window_{n_fft}"),
            pad_mode="constant",  # the gradient of "reflect" is not deterministic on CUDA
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return (power + POWER_FLOOR).sqrt()

    def _log_mel(self, magnitude: Tensor) -> Tensor:
        """(B, F, frames) -> (B, frames, bands)."""
        return (magnitude.mT @ self.get_buffer(f"mel_{magnitude.shape[1] * 2 - 2}")).log()
