"""The RVQ baseline: start, gradients of every layer, upkeep of the codebooks, refusals."""

import pytest
import torch

from spiking_music.config import RvqConfig
from spiking_music.errors import CodeError
from spiking_music.models.quantizers.base import index_statistics
from spiking_music.models.quantizers.rvq import Rvq

WIDTH = 16


def make(**changes: float) -> Rvq:
    values = {
        "codebooks": 8,
        "codebook_size": 32,
        "decay": 0.9,
        "commitment": 0.25,
        "dead_below": 0.5,
    }
    return Rvq(RvqConfig.model_validate({"kind": "rvq", **values, **changes}), WIDTH)


def latents(seed: int, batch: int = 8) -> torch.Tensor:
    return torch.randn(batch, WIDTH, 64, generator=torch.Generator().manual_seed(seed))


def state(rvq: Rvq) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in rvq.state_dict().items()}


def test_kmeans_start_is_a_function_of_the_torch_seed() -> None:
    def start(seed: int) -> torch.Tensor:
        rvq = make()
        torch.manual_seed(seed)
        rvq(latents(0))
        return rvq.quantiser.codebooks

    assert torch.equal(start(5), start(5))
    assert not torch.equal(start(5), start(6))


def test_more_layers_leave_less_error() -> None:
    rvq = make()
    x = latents(0)
    for _ in range(5):
        rvq(x)
    rvq.eval()
    parts = rvq.quantiser.get_codes_from_indices(rvq.encode(x).transpose(1, 2))  # (Q, B, T, C)
    errors = (parts.cumsum(dim=0).transpose(2, 3) - x).square().mean(dim=(1, 2, 3))
    assert (errors.diff() < 0).all()
    assert errors[-1] < 0.5 * errors[0]


@pytest.mark.parametrize("layer", range(8))
def test_commitment_of_each_layer_gives_the_encoder_a_gradient(layer: int) -> None:
    rvq = make()
    x = latents(0).requires_grad_()
    _, _, commitments = rvq.quantiser(x.transpose(1, 2))
    (gradient,) = torch.autograd.grad(commitments[layer], x)
    assert gradient.abs().max() > 1e-6


def test_commitment_is_the_weighted_sum_over_layers() -> None:
    rvq = make(commitment=0.5)
    rvq(latents(0))
    before = rvq.quantiser.codebooks.clone()
    x = latents(1)
    quantised = rvq(x)
    residual, expected = x.transpose(1, 2), 0.0
    for q in range(8):
        code = before[q][quantised.codes[:, q]]  # (B, T, C)
        expected += (residual - code).square().mean().item()
        residual = residual - code
    assert quantised.losses["commitment"].item() == pytest.approx(0.5 * expected, rel=1e-4)


def test_gradient_passes_straight_through_once() -> None:
    rvq = make()
    x = latents(0).requires_grad_()
    upstream = torch.randn(8, WIDTH, 64)
    rvq(x).latent.backward(upstream)
    torch.testing.assert_close(x.grad, upstream)


def test_forward_encode_and_decode_agree_in_eval_mode_and_change_nothing() -> None:
    rvq = make()
    rvq(latents(0))
    rvq.eval()
    before = state(rvq)
    x = latents(1)
    codes = rvq.encode(x)
    quantised = rvq(x)
    assert codes.dtype == torch.int64 and codes.shape == (8, 8, 64)
    assert torch.equal(codes, quantised.codes)
    torch.testing.assert_close(rvq.decode(codes), quantised.latent, atol=1e-5, rtol=1e-5)
    assert all(torch.equal(before[name], value) for name, value in rvq.state_dict().items())


def test_codebooks_follow_latents_that_drift() -> None:
    torch.manual_seed(0)
    rvq = make()
    rvq(latents(0))
    for seed in range(30):
        quantised = rvq(latents(seed) + 10)
    error = (quantised.latent - latents(29) - 10).square().mean()
    assert error < 0.7  # of variance 1 round a mean of 10
    assert quantised.stats["codebook_usage"] > 0.5


def test_dead_codes_are_replaced_only_where_asked() -> None:
    def used(dead_below: float) -> float:
        torch.manual_seed(0)
        rvq = make(dead_below=dead_below, codebooks=1)
        rvq(latents(0))
        rvq.quantiser.layers[0]._codebook.embed[:, 1:] = 1000.0  # all but one code far away
        rvq.quantiser.layers[0]._codebook.embed_avg[:, 1:] = 1000.0
        for seed in range(40):
            quantised = rvq(latents(seed))
        return quantised.stats["codebook_usage"].item()

    assert used(0.0) < 0.1
    assert used(0.5) > 0.8


def test_statistics_of_known_indices() -> None:
    codes = torch.tensor([[[0, 1, 2, 3], [5, 5, 5, 5]]])  # (1, Q = 2, T = 4)
    stats = index_statistics(codes, size=8)
    assert stats["entropy_bits"].item() == pytest.approx(2.0)
    assert stats["codebook_usage"].item() == pytest.approx((4 + 1) / 16)


def test_all_state_is_in_the_state_dict() -> None:
    rvq, other = make(), make()
    rvq(latents(0))
    other.load_state_dict(rvq.state_dict())
    other.eval(), rvq.eval()
    assert torch.equal(other.encode(latents(1)), rvq.encode(latents(1)))


def test_coding_with_empty_codebooks_is_refused() -> None:
    rvq = make().eval()
    with pytest.raises(CodeError, match="codebooks are empty"):
        rvq.encode(latents(0))


@pytest.mark.parametrize(
    "codes",
    [
        torch.zeros(1, 7, 5, dtype=torch.int64),
        torch.full((1, 8, 5), 32),
        torch.full((1, 8, 5), -1),
    ],
)
def test_foreign_codes_are_refused(codes: torch.Tensor) -> None:
    rvq = make()
    rvq(latents(0))
    with pytest.raises(CodeError):
        rvq.eval().decode(codes)
