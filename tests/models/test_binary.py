"""FREE's bottleneck: balanced units, gradients through the step, statistics, refusals."""

import math

import pytest
import torch

from spiking_music.config import BinaryConfig
from spiking_music.errors import CodeError
from spiking_music.models.quantizers.base import event_statistics
from spiking_music.models.quantizers.binary import Binary


def make(units: int = 24, width: int = 16, surrogate: str = "triangle") -> Binary:
    torch.manual_seed(0)
    return Binary(BinaryConfig(kind="binary", units=units, surrogate=surrogate), width)


def test_batch_norm_balances_units_whatever_the_latents_offset_and_scale() -> None:
    latent = 40 + 300 * torch.randn(8, 16, 128)
    stats = make()(latent).stats
    assert stats["density"].item() == pytest.approx(0.5, abs=0.02)
    assert stats["dead_units"] == 0
    assert stats["entropy_bits"].item() == pytest.approx(24, rel=0.01)


def test_forward_encode_and_decode_agree_in_eval_mode() -> None:
    bottleneck, latent = make(), torch.randn(3, 16, 20)
    bottleneck(latent)  # moves the running statistics
    bottleneck.eval()
    z = bottleneck.encode(latent)
    assert z.dtype == torch.uint8 and z.shape == (3, 24, 20)
    forward = bottleneck(latent)
    torch.testing.assert_close(forward.codes, z.float())
    torch.testing.assert_close(forward.latent, bottleneck.decode(z))


@pytest.mark.parametrize("surrogate", ["triangle", "sigmoid"])
def test_gradient_crosses_the_step(surrogate: str) -> None:
    bottleneck = make(surrogate=surrogate)
    latent = torch.randn(4, 16, 50, requires_grad=True)
    bottleneck(latent).latent.square().mean().backward()
    assert (latent.grad.abs().sum(dim=(0, 2)) > 0).all()
    assert (bottleneck.in_proj.weight.grad.abs().sum(dim=(1, 2)) > 0).all()


def test_count_of_events_is_differentiable() -> None:
    """SPARSE's cost counts S through the surrogate."""
    latent = torch.randn(4, 16, 50, requires_grad=True)
    make()(latent).codes.sum(dim=(1, 2)).square().mean().backward()
    assert latent.grad.abs().max() > 0


def test_statistics_of_a_known_matrix() -> None:
    z = torch.zeros(1, 4, 8)
    z[0, 0], z[0, 1, :4], z[0, 2, :2] = 1, 1, 1  # rates 1, 1/2, 1/4, 0
    stats = event_statistics(z)
    quarter = -(math.log2(0.25) / 4 + 3 * math.log2(0.75) / 4)
    assert stats["density"].item() == pytest.approx(14 / 32)
    assert stats["dead_units"].item() == 2
    assert stats["entropy_bits"].item() == pytest.approx(1 + quarter)


def test_wide_codes_are_possible() -> None:
    assert make(units=1024)(torch.randn(2, 16, 30)).codes.shape == (2, 1024, 30)


@pytest.mark.parametrize(
    "codes", [torch.zeros(1, 23, 5), torch.zeros(24, 5), torch.full((1, 24, 5), 2.0)]
)
def test_foreign_codes_are_refused(codes: torch.Tensor) -> None:
    with pytest.raises(CodeError):
        make().decode(codes)
