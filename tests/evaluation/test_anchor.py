"""Anchors against BS.1534's mask, and the distortion against the reference."""

import numpy as np
import pytest

from spiking_music.errors import DataError
from spiking_music.evaluation.anchor import LOW_ANCHOR, MID_ANCHOR, Audio, distorted, low_pass

RATE = 22050


def music(samples: int = 2 * RATE) -> Audio:
    """A decaying chord with noise: broad band, neither steady nor periodic."""
    time = np.arange(samples) / RATE
    chord = sum(np.sin(2 * np.pi * f * time) / f for f in (110, 277, 880, 2637, 5274)) * 30
    noise = np.random.default_rng(0).normal(size=samples)
    return 0.3 * np.exp(-2 * (time % 0.5)) * (chord + 0.01 * noise)


def response_db(cutoff: float, frequencies: Audio) -> Audio:
    impulse = np.zeros(4001)
    impulse[2000] = 1
    answer = low_pass(impulse, RATE, cutoff)
    waves = np.exp(-2j * np.pi * np.outer(frequencies / RATE, np.arange(4001)))
    return 20 * np.log10(np.abs(waves @ answer))


def si_snr(estimate: Audio, reference: Audio) -> float:
    part = estimate @ reference / (reference @ reference) * reference
    return 10 * np.log10((part @ part) / ((estimate - part) @ (estimate - part)))


@pytest.mark.parametrize("cutoff", [LOW_ANCHOR, MID_ANCHOR])
def test_low_pass_meets_the_mask(cutoff: float) -> None:
    ratio = cutoff / 3500  # the mask is given for 3.5 kHz
    assert np.abs(response_db(cutoff, np.linspace(0, 3500 * ratio, 400))).max() <= 0.1
    assert response_db(cutoff, np.linspace(4000 * ratio, RATE / 2, 400)).max() <= -25
    assert response_db(cutoff, np.linspace(4500 * ratio, RATE / 2, 400)).max() <= -50


@pytest.mark.parametrize("samples", [1, 100, 131072])
def test_low_pass_has_no_delay_and_keeps_the_length(samples: int) -> None:
    x = np.zeros(samples)
    x[samples // 2] = 1
    y = low_pass(x, RATE)
    assert y.shape == x.shape
    assert y.dtype == np.float64
    assert np.abs(y).argmax() == samples // 2
    span = min(samples // 2, samples - 1 - samples // 2, 300)
    around = y[samples // 2 - span : samples // 2 + span + 1]
    np.testing.assert_allclose(around, around[::-1], atol=1e-12)


def test_low_pass_leaves_what_lies_below() -> None:
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 1000 * time)
    inner = slice(500, -500)
    np.testing.assert_allclose(low_pass(tone, RATE)[inner], tone[inner], atol=2e-3)


def test_low_pass_needs_room_below_nyquist() -> None:
    with pytest.raises(DataError, match="7000 Hz does not fit 16000 Hz"):
        low_pass(np.zeros(100), 16000, MID_ANCHOR)


def test_distortion_is_deterministic_and_as_loud_as_the_reference() -> None:
    x = music()
    before = x.copy()
    y = distorted(x, RATE)
    assert np.array_equal(y, distorted(x, RATE))
    assert np.array_equal(x, before)
    assert y.shape == x.shape
    assert np.mean(y**2) == pytest.approx(np.mean(x**2))


def test_distortion_is_far_worse_than_the_low_anchor() -> None:
    x = music()
    assert si_snr(distorted(x, RATE), x) < 3
    assert si_snr(low_pass(x, RATE), x) > 10


def test_distortion_leaves_few_levels_and_scales_with_the_clip() -> None:
    x = music()
    y = distorted(x, RATE)
    assert len(np.unique(np.round(y, 12))) <= 5
    np.testing.assert_allclose(distorted(0.01 * x, RATE), 0.01 * y, rtol=1e-6, atol=1e-12)


def test_silence_and_nothing_stay_what_they_are() -> None:
    assert not distorted(np.zeros(1000), RATE).any()
    assert distorted(np.zeros(0), RATE).shape == (0,)
