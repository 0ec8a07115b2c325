"""The scalar quantiser: k bits a number, all of them in use, gradients through the rounding."""

import pytest
import torch

from spiking_music.config import ScalarConfig
from spiking_music.errors import CodeError
from spiking_music.models.quantizers.scalar import Scalar


def make(latents: int = 6, bits: int = 4, width: int = 16) -> Scalar:
    torch.manual_seed(0)
    return Scalar(ScalarConfig(kind="scalar", latents=latents, bits=bits), width)


def test_a_number_has_k_bits_and_uses_nearly_all_of_them() -> None:
    latent = 40 + 300 * torch.randn(8, 16, 512)  # whatever its offset and scale
    quantised = make()(latent)
    assert quantised.codes.dtype == torch.int64
    assert quantised.codes.shape == (8, 6, 512)
    assert (quantised.codes.min(), quantised.codes.max()) == (0, 15)
    assert quantised.stats["codebook_usage"] == 1
    assert 0.9 * 6 * 4 < quantised.stats["entropy_bits"].item() <= 6 * 4


def test_forward_encode_and_decode_agree_in_eval_mode() -> None:
    bottleneck, latent = make(), torch.randn(3, 16, 20)
    bottleneck(latent)  # moves the running statistics
    bottleneck.eval()
    codes, forward = bottleneck.encode(latent), bottleneck(latent)
    assert torch.equal(codes, forward.codes)
    torch.testing.assert_close(forward.latent, bottleneck.decode(codes))


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_rounding_is_uniform_and_off_by_half_a_part_at_most(bits: int) -> None:
    bottleneck = make(bits=bits)
    numbers = torch.linspace(-1, 1, 4001)
    middles = bottleneck._middles(bottleneck._indices(numbers))
    assert len(middles.unique()) == 2**bits
    assert (middles - numbers).abs().max().item() == pytest.approx(2**-bits, rel=1e-4)
    torch.testing.assert_close(
        middles.unique().diff(), torch.full((2**bits - 1,), 2.0 ** (1 - bits))
    )


def test_the_gradient_passes_the_rounding_as_if_there_were_none() -> None:
    bottleneck = make()
    latent = torch.randn(4, 16, 50, requires_grad=True)
    bottleneck(latent).latent.sum().backward()
    rounded = latent.grad.clone()
    latent.grad = None
    bottleneck.out_proj(bottleneck._bounded(latent)).sum().backward()
    torch.testing.assert_close(rounded, latent.grad)
    assert rounded.abs().max() > 0


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (torch.zeros(1, 5, 9, dtype=torch.int64), r"\(B, 6, T\), not \(1, 5, 9\)"),
        (torch.zeros(6, 9, dtype=torch.int64), r"not \(6, 9\)"),
        (torch.full((1, 6, 9), 16), r"lie in 0\.\.15"),
        (torch.full((1, 6, 9), -1), r"lie in 0\.\.15"),
    ],
)
def test_foreign_codes_are_refused(codes: torch.Tensor, sentence: str) -> None:
    with pytest.raises(CodeError, match=sentence):
        make().decode(codes)
