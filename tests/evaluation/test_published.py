"""Published distances: against librosa, numbers of audiotools 0.7.2 itself, and by hand."""

import warnings

import librosa
import numpy as np
import pytest

from spiking_music.evaluation.published import (
    AUDIOTOOLS_SIZES,
    DAC_SIZES,
    STFT_SIZES,
    audiotools_mel,
    audiotools_stft,
    dac_mel,
)

LENGTH = 32768
TIME = np.arange(LENGTH) / 22050
SIGNALS = {
    "tone": 0.5 * np.sin(2 * np.pi * 440 * TIME) * np.exp(-TIME),
    "sweep": 0.3 * np.sin(2 * np.pi * (100 * TIME + 2000 * TIME**2)),
    "clipped": np.clip(1.5 * np.sin(2 * np.pi * 220 * TIME), -0.8, 0.8),
    "noise": np.random.default_rng(5).normal(0, 0.1, LENGTH),
    "silence": np.zeros(LENGTH),
}
# (estimate, reference, Hz): MelSpectrogramLoss as DAC sets it, by default; MultiScaleSTFTLoss
PAIRS = {
    ("sweep", "tone", 22050): (7.21169, 3.68925, 5.02083),
    ("clipped", "sweep", 22050): (13.51138, 9.64651, 13.92639),
    ("noise", "clipped", 24000): (8.72672, 7.02492, 14.58638),
    ("silence", "noise", 44100): (18.29597, 14.38504, 24.32626),
}


def librosa_distance(y, x, sizes: dict, power: int, magnitudes: float, rate: int | None) -> float:
    """The sum over `sizes` in double precision, of mel bands or, for rate None, bins."""
    total = 0.0
    for size, bands in sizes.items():
        spectra = [np.abs(librosa.stft(z, n_fft=size, pad_mode="reflect")) for z in (y, x)]
        if rate is not None:
            filters = librosa.filters.mel(sr=rate, n_fft=size, n_mels=bands, dtype=np.float64)
            spectra = [filters @ spectrum for spectrum in spectra]
        logs = [np.log10(np.maximum(spectrum, 1e-5) ** power) for spectrum in spectra]
        total += np.abs(logs[0] - logs[1]).mean()
        total += magnitudes * np.abs(spectra[0] - spectra[1]).mean()
    return total


@pytest.mark.parametrize(("estimate", "reference", "rate"), PAIRS)
def test_equal_to_librosa_and_to_audiotools(estimate: str, reference: str, rate: int) -> None:
    y, x = SIGNALS[estimate], SIGNALS[reference]
    found = [
        dac_mel(y[None], x[None], rate)[0],
        audiotools_mel(y[None], x[None], rate)[0],
        audiotools_stft(y[None], x[None])[0],
    ]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters")
        expected = [
            librosa_distance(y, x, DAC_SIZES, 1, 0, rate),
            librosa_distance(y, x, AUDIOTOOLS_SIZES, 2, 1, rate),
            librosa_distance(y, x, dict.fromkeys(STFT_SIZES), 2, 1, None),
        ]
    # relative: single precision, as in audiotools, is off by 2e-5 near the floor
    assert found == pytest.approx(expected, rel=1e-4)
    assert found == pytest.approx(PAIRS[estimate, reference, rate], abs=1e-4)


def test_half_the_level_is_a_factor_of_two_in_every_band() -> None:
    x = SIGNALS["noise"][None]
    # seven sizes; the smallest have bands without a bin, which are alike
    filled = [
        (librosa.filters.mel(sr=22050, n_fft=size, n_mels=bands).sum(axis=1) > 0).mean()
        for size, bands in DAC_SIZES.items()
    ]
    assert dac_mel(x / 2, x, 22050) == pytest.approx([np.log10(2) * sum(filled)], abs=1e-4)
    assert dac_mel(x, x, 22050).tolist() == [0]
    assert audiotools_mel(x, x, 22050).tolist() == [0]


def test_an_impulse_by_hand() -> None:
    """Its spectrum is flat: the window's value there, in the four frames that see it."""
    level, at = 0.25, LENGTH // 2 + 7
    x = np.zeros((1, LENGTH))
    x[0, at] = level
    expected = 0.0
    for size in STFT_SIZES:
        frames = 1 + LENGTH // (size // 4)
        expected += 4 / frames * np.log10(2**2)  # powers a factor of four apart
        expected += 2 / frames * level / 2  # four Hann windows a quarter apart add up to two
    assert audiotools_stft(x / 2, x) == pytest.approx([expected], abs=1e-6)
    # against silence: from each of the four values down to 1e-5
    expected = 0.0
    for size in STFT_SIZES:
        frames = 1 + LENGTH // (size // 4)
        places = at % (size // 4) + size // 4 * np.arange(4)
        window = level * np.sin(np.pi * places / size) ** 2
        expected += np.log10((np.maximum(window, 1e-5) / 1e-5) ** 2).sum() / frames
        expected += window.sum() / frames
    assert audiotools_stft(0 * x, x) == pytest.approx([expected], abs=1e-5)


def test_clips_are_measured_one_by_one() -> None:
    y = np.stack([SIGNALS["tone"], SIGNALS["noise"]])
    x = np.stack([SIGNALS["sweep"], SIGNALS["clipped"]])
    for distance in (
        lambda a, b: dac_mel(a, b, 22050),
        lambda a, b: audiotools_mel(a, b, 22050),
        audiotools_stft,
    ):
        both = distance(y, x)
        assert (both.shape, both.dtype) == ((2,), np.float64)
        alone = [distance(y[i : i + 1], x[i : i + 1])[0] for i in range(2)]
        assert both.tolist() == pytest.approx(alone)
