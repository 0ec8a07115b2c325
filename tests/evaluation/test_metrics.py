"""Metrics: silence, lags, and constants."""

import numpy as np
import pytest

from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import ConfigError
from spiking_music.evaluation.metrics import (
    lagged_si_snr,
    level_dbfs,
    mel_distance,
    spectrum_rmse,
    stft_distance,
    waveform_rmse,
)

RATE = 22050


def noise(clips: int = 3, length: int = 4096, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((clips, length))


def tone(frequency: float, length: int = 16384, delay: int = 0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency / RATE * (np.arange(length) - delay))[None]


@pytest.mark.parametrize("level", [0.0, 0.1, -3.0])
def test_an_estimate_of_silence_is_at_the_lower_limit(level: float) -> None:
    x = noise()
    silence = np.full_like(x, level)
    np.testing.assert_array_equal(si_snr(silence, x), [-100, -100, -100])
    values, lags = lagged_si_snr(silence, x, 4)
    np.testing.assert_array_equal(values, [-100, -100, -100])
    np.testing.assert_array_equal(lags, [0, 0, 0])


@pytest.mark.parametrize("level", [0.0, 0.1])
def test_a_silent_reference_has_no_si_snr(level: float) -> None:
    x = np.full((2, 4096), level)
    x[1] = noise(1)
    y = noise(2, seed=2)
    assert np.isnan(si_snr(y, x)).tolist() == [True, False]
    values, lags = lagged_si_snr(y, x, 4)
    assert np.isnan(values).tolist() == [True, False]
    assert lags[0] == 0
    assert np.isnan(si_snr(x[:1], x[:1])).all()


def test_a_lag_of_eight_samples_ruins_a_tone_and_the_search_recovers_it() -> None:
    frequency = RATE / 64 * 1.06  # 8 samples are about an eighth of a period
    x, y = tone(frequency), tone(frequency, delay=8)
    assert si_snr(y, x)[0] < 1
    values, lags = lagged_si_snr(y, x, 16)
    assert values[0] > 90
    assert lags[0] == 8
    _, lags = lagged_si_snr(x, y, 16)
    assert lags[0] == -8


@pytest.mark.parametrize("lag", [-9, -1, 0, 5, 9])
def test_lag_search_finds_the_shift_of_music_like_noise(lag: int) -> None:
    source = noise(2, 5000)
    x, y = source[:, 100:4196], 0.3 * source[:, 100 - lag : 4196 - lag] + 0.01 * noise(2, seed=9)
    values, lags = lagged_si_snr(y, x, 9)
    np.testing.assert_array_equal(lags, [lag, lag])
    by_hand = si_snr(
        y[:, max(lag, 0) : 4096 + min(lag, 0)], x[:, max(-lag, 0) : 4096 - max(lag, 0)]
    )
    np.testing.assert_allclose(values, by_hand)


def test_lag_search_is_the_best_of_all_lags_tried_one_by_one() -> None:
    x = noise(4, 700)
    y = noise(4, 700, seed=3) + 0.2 * x
    values, _ = lagged_si_snr(y, x, 20)
    tried = [
        si_snr(y[:, max(k, 0) : 700 + min(k, 0)], x[:, max(-k, 0) : 700 - max(k, 0)])
        for k in range(-20, 21)
    ]
    np.testing.assert_allclose(values, np.max(tried, axis=0))
    np.testing.assert_allclose(lagged_si_snr(y, x, 0)[0], si_snr(y, x))


def test_of_equal_lags_the_smallest_is_taken() -> None:
    x = tone(RATE / 10)  # period of 10 samples
    assert lagged_si_snr(x, x, 40)[1][0] == 0


def test_nearly_empty_overlaps_do_not_attract_the_search() -> None:
    x = np.zeros((1, 4096))
    x[0, :8] = 1e3 * noise(1, 8)
    y = 1e-4 * noise(1, seed=1)
    y[0, :8] += x[0, :8]
    assert lagged_si_snr(y, x, 32)[1][0] == 0


def test_a_lag_beyond_half_a_clip_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_lag 2048 must lie below half"):
        lagged_si_snr(noise(), noise(), 2048)


def test_mel_distance_reads_a_gain_in_decibels() -> None:
    x = 0.1 * noise(2, 16384)
    assert mel_distance(x, x, RATE).tolist() == [0, 0]
    np.testing.assert_allclose(mel_distance(x / 2, x, RATE), 20 * np.log10(2), rtol=1e-3)
    some, more = (mel_distance(x + k * noise(2, 16384, seed=1), x, RATE) for k in (0.03, 0.1))
    assert (more > some).all()


def test_stft_distance_of_a_gain() -> None:
    x = 0.1 * noise(2, 16384)
    assert stft_distance(x, x).tolist() == [0, 0]
    np.testing.assert_allclose(stft_distance(x / 2, x), 0.5 + np.log(2), rtol=1e-3)
    np.testing.assert_allclose(stft_distance(0 * x, x)[0], 1 + np.log(0.1 / 1e-5), rtol=0.5)


def test_rmse_of_samples_and_of_magnitudes() -> None:
    x = np.full((2, 8192), 0.5)
    np.testing.assert_allclose(waveform_rmse(x + np.array([[0.1], [-0.2]]), x), [0.1, 0.2])
    time, fade = np.arange(22050) / RATE, np.hanning(22050)
    sine = (fade * np.sin(2 * np.pi * 1000 * time))[None]
    turned = (fade * np.cos(2 * np.pi * 1000 * time))[None]  # an error of samples alone
    level = np.sqrt(np.mean(sine**2))
    assert waveform_rmse(turned, sine)[0] == pytest.approx(np.sqrt(2) * level, rel=1e-3)
    assert spectrum_rmse(turned, sine)[0] < 0.03 * spectrum_rmse(0 * sine, sine)[0]
    half, none = spectrum_rmse(sine / 2, sine), spectrum_rmse(0 * sine, sine)
    np.testing.assert_allclose(half, none / 2, rtol=1e-3)


def test_spectral_distances_do_not_mix_the_clips_of_a_batch() -> None:
    x, y = 0.1 * noise(3, 8192), 0.1 * noise(3, 8192, seed=1)
    for distance in (lambda a, b: mel_distance(a, b, RATE), stft_distance, spectrum_rmse):
        alone = np.concatenate([distance(y[i : i + 1], x[i : i + 1]) for i in range(3)])
        np.testing.assert_allclose(distance(y, x), alone, rtol=1e-5)


def test_level() -> None:
    square = np.where(np.arange(1000) % 2, 0.1, -0.1)
    np.testing.assert_allclose(level_dbfs(np.stack([square, 0 * square])), [-20, -np.inf])
