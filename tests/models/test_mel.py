"""The log-mel spectrogram on the T-grid."""

import math

import pytest
import torch

from spiking_music.config import MelConfig, SignalConfig
from spiking_music.models.mel import LogMel

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)
MEL = LogMel(MelConfig(kind="mel", n_mels=80, n_fft=2048), SIGNAL)


def sine(frequency: float, samples: int) -> torch.Tensor:
    return torch.sin(2 * math.pi * frequency * torch.arange(samples) / 22050)[None, None]


def test_clip_has_one_frame_a_latent_step() -> None:
    assert MEL(torch.zeros(2, 1, 131072)).shape == (2, 80, 256)
    assert MEL(torch.zeros(1, 1, 131072 - 511)).shape == (1, 80, 256)
    assert MEL(torch.zeros(1, 1, 131072 + 1)).shape == (1, 80, 257)


def test_frames_sit_on_the_steps() -> None:
    """A click in the middle of step 100 is loudest in frame 100, and symmetric around it."""
    x = torch.zeros(1, 1, 131072)
    x[..., 100 * 512 + 256] = 1
    loudness = MEL(x)[0].mean(dim=0)  # (T,)
    assert loudness.argmax() == 100
    torch.testing.assert_close(loudness[98:100], loudness[101:103].flip(0), rtol=0, atol=1e-3)
    assert (loudness[:97] == -1).all()
    assert (loudness[104:] == -1).all()


def test_scale_is_minus_one_to_one_for_80_db() -> None:
    assert (MEL(torch.zeros(1, 1, 4096)) == -1).all()
    loud, soft = MEL(sine(1000, 22050)), MEL(0.01 * sine(1000, 22050))
    assert loud.max().item() == pytest.approx(1, abs=0.1)
    inner = slice(5, -5)
    change = (loud - soft)[0, :, inner].max().item()  # 40 dB of 80 is 1
    assert change == pytest.approx(1, abs=0.02)


def test_pitch_moves_the_loudest_band() -> None:
    bands = [MEL(sine(f, 22050))[0, :, 20].argmax().item() for f in (110, 440, 1760, 7040)]
    assert bands == sorted(set(bands))


def test_every_band_hears_something() -> None:
    assert (MEL.bands.sum(dim=0) > 0).all()
