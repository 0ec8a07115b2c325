"""Scale-invariant signal-to-noise ratio (Le Roux et al. 2019), by which quality is controlled."""

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.floating]  # (B, L), full scale = 1
Values = NDArray[np.float64]  # (B,)
LIMIT_DB = 100.0  # SI-SNR is cut to ±LIMIT_DB, about what 16-bit audio can hold


def si_snr(estimate: Audio, reference: Audio) -> Values:
    """Scale-invariant signal-to-noise ratio in dB, in float64 over the whole clip.

    Lisboa & Bellec 2024, SI-SNR; what silence scores is *ours*.
    Both lose their mean; s = ⟨x̂,x⟩x/‖x‖²; 10·log10(‖s‖²/‖x̂−s‖²), cut to ±100 dB (`LIMIT_DB`).
    A perfect copy is +100, an estimate that says nothing of the reference, silence included, −100;
    a constant reference, silence included, has no SI-SNR: nan.
    """
    x, y = centred(reference), centred(estimate)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = (dot(x, y) / dot(x, x))[:, None] * x
        noise = y - s
        decibels = 10 * np.log10(dot(s, s) / dot(noise, noise))
    nothing = dot(x, x) == 0
    decibels[dot(y, y) == 0] = -LIMIT_DB
    return np.where(nothing, np.nan, np.clip(decibels, -LIMIT_DB, LIMIT_DB))


def centred(audio: Audio) -> NDArray[np.float64]:
    """`audio` (B, L) without its mean, in float64; a constant is exactly 0 everywhere."""
    audio = audio.astype(np.float64)
    centred: NDArray[np.float64] = audio - audio.mean(axis=1, keepdims=True)
    # the mean of equal samples is rounded: what is left of a constant must be exactly nothing
    centred[np.ptp(audio, axis=1) == 0] = 0
    return centred


def dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> Values:
    """⟨a, b⟩ of each row: (B, L), (B, L) → (B,)."""
    return np.einsum("bl,bl->b", a, b)
