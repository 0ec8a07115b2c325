"""SEANet: published sizes, exact lengths, and what a convolution stack must obey."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.config import SeanetConfig
from spiking_music.models.backbones.seanet import SeanetDecoder, SeanetEncoder, reflect


def make(lstm_layers: int, channels: int = 4, ratios: tuple[int, ...] = (2, 4, 8, 8)) -> tuple:
    torch.manual_seed(0)
    config = SeanetConfig(
        kind="seanet", latent=128, channels=channels, ratios=ratios, lstm_layers=lstm_layers
    )
    hop = math.prod(ratios)
    return SeanetEncoder(config, hop).eval(), SeanetDecoder(config, hop).eval()


@pytest.mark.parametrize(("lstm_layers", "millions"), [(2, 7.6), (0, 3.4)])
def test_sizes_are_the_papers(lstm_layers: int, millions: float) -> None:
    for half in make(lstm_layers, channels=32):
        size = sum(parameter.numel() for parameter in half.parameters())
        assert size / 1e6 == pytest.approx(millions, abs=0.05)


@given(steps=st.integers(1, 12), ratios=st.sampled_from([(2, 4, 8, 8), (3, 5), (2, 3, 7)]))
@settings(max_examples=20, deadline=None)
def test_lengths_are_exact(steps: int, ratios: tuple[int, ...]) -> None:
    encoder, decoder = make(lstm_layers=1, channels=2, ratios=ratios)
    samples = steps * int(torch.tensor(ratios).prod())
    latent = encoder(torch.randn(2, 1, samples))
    assert latent.shape == (2, 128, steps)
    assert decoder(latent).shape == (2, 1, samples)


def test_latents_move_with_the_sound() -> None:
    encoder, _ = make(lstm_layers=0)
    x = torch.randn(1, 1, 40 * 512)
    moved = encoder(x.roll(512, dims=-1))
    inner = slice(10, 30)
    torch.testing.assert_close(moved[..., 11:31], encoder(x)[..., inner], atol=1e-5, rtol=1e-4)


def test_receptive_field_looks_both_ways() -> None:
    encoder, _ = make(lstm_layers=0)
    x = torch.randn(1, 1, 20 * 512, requires_grad=True)
    encoder(x)[0, :, 10].sum().backward()
    seen = x.grad[0, 0].nonzero().flatten()
    assert seen.min() < 10 * 512 and seen.max() >= 11 * 512


def test_recurrence_remembers_what_convolutions_forget() -> None:
    for lstm_layers, remembers in [(0, False), (1, True)]:
        encoder, _ = make(lstm_layers)
        x = torch.randn(1, 1, 40 * 512)
        changed = x.clone()
        changed[..., :512] = 0
        difference = (encoder(x) - encoder(changed))[..., -1].abs().max().item()
        assert (difference > 0) == remembers


def test_a_few_steps_reduce_the_error(tones: torch.Tensor) -> None:
    model = torch.nn.Sequential(*make(lstm_layers=0, ratios=(2, 4))).train()
    tones = tones[:2, :, :512]
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(30):
        loss = (model(tones) - tones).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss < 0.5 * tones.square().mean()


def test_weights_are_normalised() -> None:
    """The direction's length must not matter, only its magnitude parameter."""
    encoder, _ = make(lstm_layers=0)
    x = torch.randn(1, 1, 4 * 512)
    before = encoder(x)
    with torch.no_grad():
        encoder[0].conv.parametrizations.weight.original1 *= 7
    torch.testing.assert_close(encoder(x), before, atol=1e-5, rtol=1e-4)


@given(length=st.integers(1, 12), left=st.integers(0, 8), right=st.integers(0, 8))
@settings(max_examples=60, deadline=None)
def test_padding_mirrors_and_keeps_the_middle(length: int, left: int, right: int) -> None:
    x = torch.arange(1.0, length + 1)[None, None]
    padded = reflect(x, left, right)
    assert padded.shape[-1] == left + length + right
    assert torch.equal(padded[..., left : left + length], x)
    for i in range(1, min(left, length - 1) + 1):
        assert padded[0, 0, left - i] == x[0, 0, i]
