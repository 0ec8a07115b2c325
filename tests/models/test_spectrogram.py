"""The frequency-domain auto-encoder: the image there and back, its phase, its loss."""

import pytest
import torch

from spiking_music.config import GriffinLimConfig, SpectrogramConfig
from spiking_music.errors import ConfigError
from spiking_music.models.backbones.spectral import Stft
from spiking_music.models.backbones.spectrogram import Image, SpectrogramDecoder, SpectrogramEncoder
from spiking_music.models.griffin_lim import griffin_lim
from spiking_music.models.noise import Noise

CONFIG = SpectrogramConfig(
    kind="spectrogram", latent=12, n_fft=1024, exponent=0.3, channels=4, ratios=(4, 8, 8)
)
PHASE = GriffinLimConfig(kind="griffin-lim", iterations=8, momentum=0.99)
HOP = 512


def chords(steps: int) -> torch.Tensor:
    time = torch.arange(steps * HOP) / 22050
    waves = sum(torch.sin(2 * torch.pi * f * time) for f in (110.0, 277.2, 659.3, 1318.5))
    return (0.2 * waves * torch.exp(-time % 0.5))[None, None]


@pytest.mark.parametrize("exponent", [0.3, 1.0])
def test_the_image_has_the_magnitudes_and_gives_them_back(exponent: float) -> None:
    image = Image(CONFIG.model_copy(update={"exponent": exponent}), HOP)
    x = chords(20)
    pixels = image(x)
    assert pixels.shape == (1, 1, 512, 20)
    magnitude = image.stft(x).abs()
    torch.testing.assert_close(
        image.magnitudes(pixels)[:, :-1], magnitude[:, :-1], atol=1e-3, rtol=1e-3
    )
    assert image.magnitudes(-pixels).max() == 0  # what a network says of silence


def test_a_sine_of_full_scale_peaks_at_one_and_silence_is_black() -> None:
    image = Image(CONFIG, HOP)
    sine = torch.sin(2 * torch.pi * 64 / 1024 * torch.arange(20 * HOP))[None, None]
    pixels = image(sine)[0, 0, :, 10]
    assert pixels.argmax() == 64
    assert pixels.max().item() == pytest.approx(1, abs=1e-3)
    assert image(0 * sine).abs().max() == 0


def test_iterations_bring_the_magnitudes_closer() -> None:
    stft = Stft(2048, HOP)
    target = stft(chords(40)).abs()
    errors = []
    for iterations in (0, 4, 32):
        y = griffin_lim(target, stft, iterations, 0.99, Noise(1))
        assert y.shape == (1, 1, 40 * HOP)
        errors.append((stft(y).abs() - target).norm() / target.norm())
    assert errors[0] > 2 * errors[1] > 3 * errors[2]
    plain = griffin_lim(target, stft, 32, 0, Noise(1))
    assert (stft(plain).abs() - target).norm() / target.norm() > errors[2]  # momentum pays


def test_phases_depend_on_the_seed_alone_and_silence_is_silent() -> None:
    stft = Stft(1024, HOP)
    target = stft(chords(10)).abs()
    first, second = (griffin_lim(target, stft, 3, 0.99, Noise(1)) for _ in range(2))
    assert torch.equal(first, second)
    pair = griffin_lim(torch.cat([target, 0 * target]), stft, 3, 0.99, Noise(1))
    torch.testing.assert_close(pair[:1], first, atol=1e-4, rtol=1e-3)
    assert pair[1].abs().max() == 0


@pytest.mark.parametrize("steps", [1, 5])
def test_encoder_and_decoder_keep_time(steps: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 1, steps * HOP)
    latent = SpectrogramEncoder(CONFIG, HOP)(x)
    assert latent.shape == (3, 12, steps)
    decoder = SpectrogramDecoder(CONFIG, PHASE, HOP)
    assert decoder.synthesize(latent, Noise(1)).shape == x.shape
    assert decoder(x, latent).shape == ()


def test_the_loss_is_the_rmse_of_the_images_clip_by_clip() -> None:
    torch.manual_seed(0)
    decoder = SpectrogramDecoder(CONFIG, PHASE, HOP)
    latent, x = torch.randn(2, 12, 20), torch.cat([chords(20), 0 * chords(20)])
    error = (decoder.layers(latent) - decoder.image(x)).square()
    expected = (error[0].mean().sqrt() + error[1].mean().sqrt()) / 2
    torch.testing.assert_close(decoder(x, latent), expected)


def test_a_height_that_does_not_divide_is_named() -> None:
    with pytest.raises(ConfigError, match="512 bins must be a multiple of 1024"):
        SpectrogramEncoder(CONFIG.model_copy(update={"ratios": (4, 4, 8, 8)}), HOP)
