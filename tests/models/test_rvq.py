"""The RVQ baseline: start, gradients of every layer, upkeep of the codebooks, refusals."""

import pytest
import torch
from vector_quantize_pytorch import ResidualVQ
from vector_quantize_pytorch.vector_quantize_pytorch import kmeans

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


def codebooks(rvq: Rvq) -> torch.Tensor:
    """(Q, K, C)."""
    return torch.stack([layer.vectors for layer in rvq.layers])


def state(rvq: Rvq) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in rvq.state_dict().items()}


def test_kmeans_start_is_a_function_of_the_torch_seed() -> None:
    def start(seed: int) -> torch.Tensor:
        rvq = make()
        torch.manual_seed(seed)
        rvq(latents(0))
        return codebooks(rvq)

    assert torch.equal(start(5), start(5))
    assert not torch.equal(start(5), start(6))


def test_more_layers_leave_less_error() -> None:
    rvq = make()
    x = latents(0)
    for _ in range(5):
        rvq(x)
    rvq.eval()
    codes = rvq.encode(x)
    some = torch.stack([rvq.decode(codes[:, :q]) for q in range(1, 9)])  # (Q, B, C, T)
    errors = (some - x).square().mean(dim=(1, 2, 3))
    assert (errors.diff() < 0).all()
    assert errors[-1] < 0.5 * errors[0]


@pytest.mark.parametrize("layer", range(8))
def test_commitment_of_each_layer_gives_the_encoder_a_gradient(layer: int) -> None:
    rvq = make()
    rvq(latents(0))
    rvq.eval()
    for other, codebook in enumerate(rvq.layers):  # far from all but this layer's code
        if other != layer:
            codebook.vectors.zero_()
    x = latents(1).requires_grad_()
    (gradient,) = torch.autograd.grad(rvq(x).losses["commitment"], x)
    residual = (x - rvq.layers[layer].vectors[rvq.encode(x)[:, layer]].transpose(1, 2)).detach()
    before, after = layer, 8 - layer  # layers that see x itself, and what this one leaves
    torch.testing.assert_close(gradient, 0.25 * 2 * (before * x + after * residual) / x.numel())


def test_commitment_is_the_weighted_sum_over_layers() -> None:
    rvq = make(commitment=0.5)
    rvq(latents(0))
    before = codebooks(rvq)
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
        rvq.layers[0].vectors[1:] = 1000.0  # all but one code far away
        rvq.layers[0].sums[1:] = 1000.0
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
        torch.zeros(1, 9, 5, dtype=torch.int64),
        torch.zeros(1, 0, 5, dtype=torch.int64),
        torch.zeros(8, 5, dtype=torch.int64),
        torch.full((1, 8, 5), 32),
        torch.full((1, 8, 5), -1),
    ],
)
def test_foreign_codes_are_refused(codes: torch.Tensor) -> None:
    rvq = make()
    rvq(latents(0))
    with pytest.raises(CodeError):
        rvq.eval().decode(codes)


def oracle(rvq: Rvq, **changes: float) -> ResidualVQ:
    """vector-quantize-pytorch with the codebooks of `rvq`."""
    values = {"decay": 0.9, "threshold_ema_dead_code": 0, "kmeans_init": True, **changes}
    other = ResidualVQ(
        dim=WIDTH, num_quantizers=8, codebook_size=32, rotation_trick=False, **values
    )
    for mine, theirs in zip(rvq.layers, other.layers, strict=True):
        book = theirs._codebook
        book.initted.fill_(True)
        for name, value in (
            ("embed", "vectors"),
            ("embed_avg", "sums"),
            ("cluster_size", "counts"),
        ):
            getattr(book, name).copy_(getattr(mine, value)[None])
    return other


def test_codes_sums_and_commitment_are_those_of_an_independent_implementation() -> None:
    rvq = make(dead_below=0.0)
    rvq(latents(0))
    other, x = oracle(rvq), latents(1)
    for _ in range(3):  # training: codebooks move
        found = rvq(x)
        quantised, indices, commitments = other(x.transpose(1, 2))
        assert torch.equal(found.codes, indices.transpose(1, 2))
        torch.testing.assert_close(found.latent, quantised.transpose(1, 2), atol=1e-5, rtol=1e-4)
        expected = 0.25 * commitments.sum()
        torch.testing.assert_close(found.losses["commitment"], expected, atol=1e-6, rtol=1e-4)
        theirs = torch.stack([layer._codebook.embed[0] for layer in other.layers])
        torch.testing.assert_close(codebooks(rvq), theirs, atol=1e-5, rtol=1e-4)
    rvq.eval(), other.eval()
    x = latents(2)
    indices = other(x.transpose(1, 2))[1]
    assert torch.equal(rvq.encode(x), indices.transpose(1, 2))
    decoded = other.get_output_from_indices(indices).transpose(1, 2)
    torch.testing.assert_close(rvq.decode(rvq.encode(x)), decoded, atol=1e-5, rtol=1e-5)


def test_kmeans_is_that_of_an_independent_implementation() -> None:
    rvq, x = make(codebooks=8), latents(0)
    other = ResidualVQ(
        dim=WIDTH, num_quantizers=8, codebook_size=32, kmeans_init=True,
        threshold_ema_dead_code=0, rotation_trick=False,
    )  # fmt: skip
    for each, vectors in ((rvq, x), (other, x.transpose(1, 2))):
        torch.manual_seed(5)
        each.train()(vectors)
    first = other.layers[0]._codebook  # after one update, by decays that differ
    assert rvq.layers[0].counts.sum() == pytest.approx(first.cluster_size.sum().item())
    torch.manual_seed(5)
    book = make(codebooks=1).layers[0]
    book.start(x.transpose(1, 2).flatten(0, 1))
    torch.manual_seed(5)
    means, counts = kmeans(x.transpose(1, 2).flatten(0, 1)[None], 32)
    torch.testing.assert_close(book.counts, counts[0].float())
    torch.testing.assert_close(book.vectors, means[0], atol=1e-4, rtol=1e-4)


def test_dropped_codebooks_neither_add_nor_learn() -> None:
    rvq = make(dropout=1.0)
    rvq(latents(0))
    torch.manual_seed(3)
    used = rvq._used(8)
    assert used.min() >= 1 and used.max() <= 8 and len(used.unique()) > 2
    before = codebooks(rvq)
    torch.manual_seed(3)
    x = latents(1)
    found = rvq(x).latent
    for clip, count in enumerate(used.tolist()):
        codes = rvq_codes(before, x[clip])[:count]
        expected = sum(before[q][row] for q, row in enumerate(codes)).T
        torch.testing.assert_close(found[clip], expected, atol=1e-5, rtol=1e-5)
    rvq.eval()
    assert rvq._used(8).tolist() == [8] * 8


def rvq_codes(books: torch.Tensor, x: torch.Tensor) -> list[torch.Tensor]:
    """Indices of x (C, T) by brute force, one codebook after the other."""
    codes, residual = [], x.T
    for book in books:
        codes.append(torch.cdist(residual, book).argmin(dim=1))
        residual = residual - book[codes[-1]]
    return codes
