"""The diffusion decoder: parameter count, v-objective, DDIM, lengths, conditioning, learning."""

import math

import pytest
import torch
from torch import Tensor, nn

from spiking_music.config import UNetConfig
from spiking_music.errors import CodeError
from spiking_music.models.diffusion.unet import UNet
from spiking_music.models.diffusion.vdiffusion import VDiffusion, circle, ddim

TINY = UNetConfig(
    channels=(8, 16, 16),
    factors=(4, 4, 2),
    items=(1, 1, 1),
    attentions=(0, 1, 1),
    heads=2,
    head_features=8,
    groups=4,
    features=32,
    context_depth=1,
    checkpointing=False,
)
PAPER = UNetConfig(
    channels=(8, 32, 64, 128, 256, 512, 512, 1024, 1024),
    factors=(1, 4, 4, 4, 2, 2, 2, 2, 2),
    items=(1, 2, 2, 2, 2, 2, 2, 4, 4),
    attentions=(0, 0, 0, 0, 0, 1, 1, 1, 1),
    heads=8,
    head_features=64,
    groups=8,
    features=1024,
    context_depth=6,
    checkpointing=True,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tiny(**changes: object) -> UNet:
    torch.manual_seed(0)
    return UNet(TINY.model_copy(update=changes), context_channels=5)


def clips(batch: int, samples: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Noise of unit variance, noise levels, and a context of TINY's shape."""
    generator = seeded(seed)
    x = torch.randn(batch, 1, samples, generator=generator)
    context = torch.randn(batch, 5, -(-samples // TINY.hop), generator=generator)
    return x, torch.rand(batch, generator=generator), context


class Silent(nn.Module):
    def forward(self, x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        return torch.zeros_like(x)


class Oracle(nn.Module):
    """Knows the clip, hence the noise in x_sigma, hence v."""

    def __init__(self, clip: Tensor) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        alpha, beta = circle(sigma[:, None, None])
        return alpha * (x - alpha * self.clip) / beta - beta * self.clip


# --- the network ------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "count"), [(80, 218_650_842), (128, 218_749_146)])
def test_paper_network_has_the_reference_parameter_count(channels: int, count: int) -> None:
    with torch.device("meta"):
        network = UNet(PAPER, channels)
        v = network(torch.empty(2, 1, 2**17), torch.empty(2), torch.empty(2, channels, 256))
    assert sum(p.numel() for p in network.parameters()) == count
    assert v.shape == (2, 1, 2**17)
    assert (PAPER.hop, PAPER.stride) == (512, 2048)


@pytest.mark.parametrize("samples", [1, 15, 16, 33, 512, 1000])
def test_any_length_comes_back_exactly(samples: int) -> None:
    x, sigma, context = clips(2, samples)
    v = tiny()(x, sigma, context)
    assert v.shape == x.shape
    assert v.isfinite().all()


def test_padding_inside_is_the_same_as_zeros_outside() -> None:
    x, sigma, context = clips(2, 50)
    network = tiny()
    assert context.shape[-1] == 4  # 50 samples are 4 steps of 16, the network's stride is 32
    outside = network(nn.functional.pad(x, (0, 14)), sigma, context)
    torch.testing.assert_close(network(x, sigma, context), outside[..., :50])


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 5), (2, 4, 4)])
def test_context_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    x, sigma, _ = clips(2, 64)
    with pytest.raises(CodeError, match=r"\(5, 4\) for 64 samples"):
        tiny()(x, sigma, torch.zeros(shape))


def test_output_depends_on_context_and_noise_level() -> None:
    x, sigma, context = clips(2, 128)
    network = tiny()
    v = network(x, sigma, context)
    assert (network(x, sigma, context + 1) - v).abs().max() > 0.01
    assert (network(x, 1 - sigma, context) - v).abs().max() > 0.01


def test_clips_of_a_batch_do_not_mix() -> None:
    x, sigma, context = clips(3, 128)
    network = tiny()
    alone = network(x[1:2], sigma[1:2], context[1:2])
    torch.testing.assert_close(network(x, sigma, context)[1:2], alone, rtol=1e-4, atol=1e-5)


def test_checkpointing_gives_the_same_gradients() -> None:
    x, sigma, context = clips(2, 128)
    gradients = []
    for checkpointing in (False, True):
        network = tiny(checkpointing=checkpointing)
        network(x, sigma, context).square().mean().backward()
        gradients.append([p.grad for p in network.parameters()])
    for plain, recomputed in zip(*gradients, strict=True):
        assert plain is not None
        torch.testing.assert_close(plain, recomputed)


def test_every_parameter_learns() -> None:
    x, sigma, context = clips(2, 128)
    network = tiny()
    network(x, sigma, context).square().mean().backward()
    still = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not still


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"items": (1, 1)}, "same length"),
        ({"context_depth": 3}, "index of a level"),
        ({"groups": 3}, "multiples of groups"),
    ],
)
def test_config_refuses_what_cannot_be_built(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        UNetConfig.model_validate(TINY.model_dump() | change)


# --- the objective and the sampler --------------------------------------------------------------


def test_silent_network_loses_one_on_audio_of_unit_variance() -> None:
    x = 0.3 * torch.randn(64, 1, 8192, generator=seeded(1))
    loss = VDiffusion(Silent(), rms=0.3)(x, torch.zeros(64, 1, 1), seeded(2))
    assert loss.item() == pytest.approx(1, abs=0.01)


def test_oracle_loses_nothing() -> None:
    x, _, context = clips(8, 256)
    loss = VDiffusion(Oracle(x), rms=1.0)(x, context, seeded())
    assert loss.item() < 1e-5


def test_loss_is_decided_by_the_generator() -> None:
    x, _, context = clips(2, 128)
    model = VDiffusion(tiny(), rms=1.0)
    assert model(x, context, seeded(1)) == model(x, context, seeded(1))
    assert model(x, context, seeded(1)) != model(x, context, seeded(2))


def test_circle_keeps_the_variance() -> None:
    alpha, beta = circle(torch.linspace(0, 1, 11, dtype=torch.float64))
    torch.testing.assert_close(alpha**2 + beta**2, torch.ones(11, dtype=torch.float64))
    assert (alpha[0], beta[0], beta[-1]) == (1, 0, 1)


@pytest.mark.parametrize("steps", [1, 2, 10, 50])
def test_sampler_with_an_oracle_recovers_the_clip(steps: int) -> None:
    clip, noise = torch.randn(2, 3, 1, 500, generator=seeded(), dtype=torch.float64)
    found = ddim(Oracle(clip), noise, torch.zeros(3, 1, 1), steps)
    torch.testing.assert_close(found, clip, rtol=0, atol=1e-10)


def test_sampler_follows_the_gaussian_of_the_data() -> None:
    """Data N(0, s^2): the best v is linear in x_sigma, and samples must have the deviation s."""
    deviation = 0.5

    def best(x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        alpha, beta = circle(sigma[:, None, None])
        return alpha * beta * (1 - deviation**2) / (alpha**2 * deviation**2 + beta**2) * x

    noise = torch.randn(1, 1, 20_000, generator=seeded(), dtype=torch.float64)
    found = ddim(best, noise, torch.zeros(1, 1, 1), 200)
    assert (found.std() / noise.std()).item() == pytest.approx(deviation, rel=0.02)


def test_sampling_is_decided_by_the_seed_and_the_codes() -> None:
    _, _, context = clips(2, 100)
    model = VDiffusion(tiny(), rms=0.1)
    noise, other = (torch.randn(1, 1, 100, generator=seeded(seed)) for seed in (7, 8))
    first = model.sample(context, noise, 4)
    assert first.shape == (2, 1, 100)
    assert torch.equal(first, model.sample(context, noise, 4))
    assert not torch.equal(first, model.sample(context, other, 4))
    assert not torch.equal(first, model.sample(-context, noise, 4))


def test_overfits_one_clip() -> None:
    """150 steps on one clip: the loss falls well below 1, and samples come near the clip."""
    time = torch.arange(256) / 256
    clip = 0.1 * (torch.sin(2 * math.pi * 6 * time) + torch.sin(2 * math.pi * 15 * time))
    audio = clip.expand(8, 1, -1)
    context = torch.randn(1, 5, 16, generator=seeded()).expand(8, -1, -1)
    model = VDiffusion(tiny(), rms=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
    generator, losses = seeded(1), []
    for _ in range(150):
        loss = model(audio, context, generator)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-20:]) / 20 < 0.4
    noise = torch.randn(1, 1, 256, generator=seeded(2))
    sample = model.sample(context[:1], noise, 20)[0, 0]
    assert torch.corrcoef(torch.stack([sample, clip]))[0, 1] > 0.9
