"""The MDCT against its definition, and the encoder and post-filter around it."""

import math

import pytest
import torch

from spiking_music.mdct.postfilter import MdctDecoder
from spiking_music.mdct.transform import MdctEncoder
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.lapped_transform import Mdct
from tests.models.conftest import small, tones  # noqa: F401

HOP = 64


def mdct(x: torch.Tensor, frame: int) -> torch.Tensor:
    """Coefficients of frame `frame` of x (samples,) by the sum that defines the MDCT, mirrored."""
    n, k = torch.arange(2 * HOP, dtype=torch.float64), torch.arange(HOP, dtype=torch.float64)
    window = torch.sin(math.pi * (n + 0.5) / (2 * HOP))
    start = frame * HOP - HOP // 2
    piece = window * x[start : start + 2 * HOP]
    angle = math.pi / HOP * (n + 0.5 - HOP / 2) * (k[:, None] + 0.5)
    return math.sqrt(2 / HOP) * torch.cos(angle) @ piece


def test_coefficients_are_those_of_the_mdct() -> None:
    x = torch.randn(8 * HOP, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = Mdct(HOP, HOP)(x.float()[None, None])[0]
    for frame in range(1, 7):  # the others have no frame beyond them to overlap with
        torch.testing.assert_close(found[:, frame], mdct(x, frame).float(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 9])
def test_the_inverse_is_exact_to_the_ends_and_squares_are_kept(frames: int) -> None:
    transform = Mdct(HOP, HOP)
    x = torch.randn(2, 1, frames * HOP, generator=torch.Generator().manual_seed(1))
    coefficients = transform(x)
    assert coefficients.shape == (2, HOP, frames)
    torch.testing.assert_close(transform.inverse(coefficients), x, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(coefficients.square().sum(), x.square().sum())


def test_fewer_bins_are_the_lowest_and_their_inverse_a_low_pass() -> None:
    time = torch.arange(64 * 512) / 22050
    low, high = (torch.sin(2 * torch.pi * f * time)[None, None] for f in (500.0, 5000.0))
    transform = Mdct(512, 128)  # up to 2756 Hz
    assert (transform.inverse(transform(low + high)) - low).square().mean() < 1e-3


def test_the_frame_gain_is_in_units_of_3_db_and_slow() -> None:
    encoder = MdctEncoder(small("mdct").backbone, 512)
    x = torch.ones(1, 1, 20 * 512)
    x[..., 10 * 512 :] = 2**-1.5  # 9 dB less
    loudness = encoder(x)[0, 32]
    torch.testing.assert_close(loudness[:6], torch.zeros(6))  # 4 steps to either side are heard
    torch.testing.assert_close(loudness[14:], torch.full((6,), -3.0))
    assert (loudness[5:15].diff() < 0).all()
    assert torch.isfinite(encoder(torch.zeros(1, 1, 512))).all()


def test_the_envelope_is_that_of_its_bands() -> None:
    encoder = MdctEncoder(small("mdct").backbone, 512)  # bands: 0.2 to 1.4 and to 11 kHz
    time = torch.arange(40 * 512) / 22050
    for frequency, band in ((800.0, 0), (5000.0, 1)):
        x = 0.1 * torch.sin(2 * torch.pi * frequency * time)[None, None]
        bands = encoder(x)[0, 33:, 3:-3].exp2().mean(dim=1) * torch.tensor([56, 448])
        expected = 512 * 0.01 / 2  # the energy of a frame
        assert bands[band] == pytest.approx(expected, rel=0.05)
        assert bands[1 - band] < 0.01 * expected


def test_the_post_filter_expects_the_power_that_bands_have() -> None:
    """White noise, whose levels give its spectrum's power in every bin above the first centre."""
    backbone = small("mdct").backbone
    x = 0.1 * torch.randn(1, 1, 200 * 512, generator=torch.Generator().manual_seed(0))
    decoder = MdctDecoder(backbone, 512)
    bands = MdctEncoder(backbone, 512)(x)[0, 33:].exp2().mean(dim=1, keepdim=True).log2()
    expected = (decoder.bands @ bands + decoder.offset)[:, 0]
    power = decoder.stft(x)[0].abs().square().mean(dim=1).log2()
    torch.testing.assert_close(expected[40:-1], power[40:-1], atol=0.7, rtol=0)  # 2 dB, of chance
    assert (expected - power)[40:-1].mean().abs() < 0.1
    assert not decoder.bands[:8].any()  # below the lowest edge


def test_an_untrained_post_filter_hardly_changes_what_was_sent(
    tones: torch.Tensor,  # noqa: F811
) -> None:
    torch.manual_seed(0)
    model = Autoencoder(small("mdct")).eval()
    latent = model.bottleneck.decode(model.encode(tones))
    sent = model.decoder.transform.inverse(latent[:, :32])
    error = (model.decoder(latent) - sent).square().mean()
    assert 0 < error < 0.01 * sent.square().mean()


def test_soft_music_is_filtered_like_loud(tones: torch.Tensor) -> None:  # noqa: F811
    torch.manual_seed(0)
    model = Autoencoder(small("mdct")).eval()
    loud, soft = (model.decode(model.encode(tones * factor)) for factor in (1, 0.125))
    torch.testing.assert_close(soft, loud / 8, atol=1e-5, rtol=1e-3)
