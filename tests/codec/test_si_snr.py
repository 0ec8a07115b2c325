"""SI-SNR: agreement with torchmetrics, known ratios, and its limits."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.audio import (
    scale_invariant_signal_distortion_ratio,
    scale_invariant_signal_noise_ratio,
)

from spiking_music.codec.si_snr import si_snr


def noise(clips: int = 3, length: int = 4096, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((clips, length))


def test_si_snr_is_torchmetrics_in_float64() -> None:
    x, y = noise(8) + 0.3, noise(8) + 0.5 * noise(8, seed=1) - 2
    y, x64 = torch.from_numpy(y), torch.from_numpy(x)
    expected = scale_invariant_signal_noise_ratio(y, x64)
    np.testing.assert_allclose(si_snr(y.numpy(), x), expected, atol=1e-9)
    again = scale_invariant_signal_distortion_ratio(y, x64, zero_mean=True)
    np.testing.assert_allclose(si_snr(y.numpy(), x), again, atol=1e-9)


def test_si_snr_of_a_known_ratio() -> None:
    x, e = noise(1), noise(1, seed=1)
    x -= x.mean()
    e -= e.mean()
    e -= (e * x).sum() / (x * x).sum() * x  # orthogonal to x
    e *= np.linalg.norm(x) / np.linalg.norm(e) / 10  # 20 dB below
    assert si_snr(x + e, x)[0] == pytest.approx(20, abs=1e-9)
    assert si_snr(-7 * (x + e) + 3, x - 2)[0] == pytest.approx(20, abs=1e-9)
    assert si_snr(e, x)[0] < -90


def test_float32_input_is_measured_in_float64() -> None:
    x = noise(1, 1 << 17).astype(np.float32) + 1000
    y = x + 1e-2 * noise(1, 1 << 17, seed=1).astype(np.float32)
    expected = si_snr(y.astype(np.float64), x.astype(np.float64))
    np.testing.assert_array_equal(si_snr(y, x), expected)


def test_a_perfect_copy_is_at_the_limit() -> None:
    x = noise()
    np.testing.assert_array_equal(si_snr(x, x), [100, 100, 100])
    np.testing.assert_array_equal(si_snr(-3 * x + 1, x), [100, 100, 100])
