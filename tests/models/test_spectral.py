"""The spectral backbone: perfect STFT round trip, frames in place, robust features."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.config import SpectralConfig
from spiking_music.errors import ConfigError
from spiking_music.models.backbones.spectral import SpectralDecoder, SpectralEncoder, Stft, features

CONFIG = SpectralConfig(
    kind="spectral", latent=12, n_fft=1024, width=16, depth=2, kernel=7, expansion=2
)


@given(steps=st.integers(1, 20), sizes=st.sampled_from([(2048, 512), (1024, 512), (600, 100)]))
@settings(max_examples=25, deadline=None)
def test_inverse_restores_every_sample(steps: int, sizes: tuple[int, int]) -> None:
    n_fft, hop = sizes
    stft = Stft(n_fft, hop)
    x = torch.randn(2, 1, steps * hop)
    spectrum = stft(x)
    assert spectrum.shape == (2, n_fft // 2 + 1, steps)
    torch.testing.assert_close(stft.inverse(spectrum), x, atol=2e-5, rtol=1e-4)


def test_frame_t_is_centred_on_hop_t() -> None:
    stft = Stft(2048, 512)
    x = torch.zeros(1, 1, 20 * 512)
    x[..., 7 * 512 + 256] = 1
    energy = stft(x).abs().square().sum(dim=1)[0]
    assert energy.argmax() == 7
    torch.testing.assert_close(energy[6], energy[8], rtol=1e-2, atol=0)


@pytest.mark.parametrize("n_fft", [256, 1025])
def test_unfit_window_is_refused(n_fft: int) -> None:
    with pytest.raises(ConfigError, match="n_fft"):
        Stft(n_fft, 512)


@pytest.mark.parametrize("steps", [1, 5])
def test_encoder_and_decoder_keep_time(steps: int) -> None:
    latent = SpectralEncoder(CONFIG, 512)(torch.randn(3, 1, steps * 512))
    assert latent.shape == (3, 12, steps)
    assert SpectralDecoder(CONFIG, 512)(latent).shape == (3, 1, steps * 512)


def test_silence_has_finite_features_and_gradients() -> None:
    encoder = SpectralEncoder(CONFIG, 512)
    x = torch.zeros(1, 1, 8 * 512, requires_grad=True)
    encoder(x).square().sum().backward()
    assert torch.isfinite(x.grad).all()


def test_features_keep_the_phase() -> None:
    spectrum = torch.polar(torch.rand(1, 9, 4) + 0.1, 6 * torch.rand(1, 9, 4))
    _, real, imaginary = features(spectrum).chunk(3, dim=1)
    torch.testing.assert_close(torch.atan2(imaginary, real), spectrum.angle())


def test_latents_move_with_the_sound() -> None:
    torch.manual_seed(0)
    encoder = SpectralEncoder(CONFIG, 512).eval()
    x = torch.randn(1, 1, 40 * 512)
    moved = encoder(x.roll(512, dims=-1))
    torch.testing.assert_close(moved[..., 11:31], encoder(x)[..., 10:30], atol=1e-5, rtol=1e-4)
