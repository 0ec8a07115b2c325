"""The discriminators' step, the balanced gradient, and where it stops."""

import copy

import pytest
import torch
from torch import Tensor

from spiking_music import config as configuration
from spiking_music.config import GanConfig
from spiking_music.training.engine import Pass, make_fabric
from spiking_music.training.gan import NAMES, Adversary
from spiking_music.training.losses import ReconstructionLoss
from tests.conftest import DEFAULTS, ROOT
from tests.training.conftest import GAN, tiny


def make(precision: str = "32-true", **changes: object) -> Adversary:
    torch.manual_seed(0)
    fabric = make_fabric(tiny(precision=precision).training)
    return Adversary(GanConfig.model_validate(GAN | {"start": 0} | changes), fabric)


def passed(estimate: Tensor, x: Tensor, **others: Tensor) -> Pass:
    return Pass(estimate, {"waveform": (estimate - x).abs().mean()}, others, {})


@pytest.fixture
def audio() -> tuple[Tensor, Tensor]:
    """Tones (B, 1, T_x), and noise in their place that takes a gradient."""
    x = 0.3 * torch.sin(torch.arange(1024) / torch.tensor([[5.0], [9.0], [13.0], [21.0]]))
    noise = 0.3 * torch.randn(4, 1, 1024, generator=torch.Generator().manual_seed(1))
    return x[:, None], noise.requires_grad_()


def test_before_the_start_the_loss_is_the_plain_one(audio: tuple[Tensor, Tensor]) -> None:
    x, estimate = audio
    adversary = make(start=5)
    before = [parameter.clone() for parameter in adversary.discriminators.parameters()]
    done = passed(estimate, x, commitment=torch.tensor(2.0))
    assert torch.equal(adversary.total_loss(4, x, done), done.loss)
    assert all(done.stats[name].isnan() for name in NAMES)
    assert all(map(torch.equal, before, adversary.discriminators.parameters()))
    adversary.total_loss(5, x, done)
    assert all(done.stats[name].isfinite() for name in NAMES)
    assert not any(map(torch.equal, before, adversary.discriminators.parameters()))


def test_discriminators_may_first_learn_alone(audio: tuple[Tensor, Tensor]) -> None:
    x, estimate = audio
    adversary = make(start=1, alone=2)
    before = copy.deepcopy(adversary.discriminators.state_dict())
    done = passed(estimate, x)
    assert torch.equal(adversary.total_loss(2, x, done), done.loss)
    assert done.stats["discriminator"].isfinite() and done.stats["adversarial"].isnan()
    after = adversary.discriminators.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    taught = passed(estimate, x)
    assert not torch.equal(adversary.total_loss(3, x, taught), taught.loss)
    assert taught.stats["adversarial"].isfinite()


def test_discriminators_learn_to_tell_tones_from_noise(audio: tuple[Tensor, Tensor]) -> None:
    x, estimate = audio
    adversary, losses = make(learning_rate=1e-2), []
    for step in range(30):
        done = passed(estimate, x)
        adversary.total_loss(step, x, done)
        losses.append(done.stats["discriminator"].item())
    assert losses[0] == pytest.approx(2, abs=0.3)  # hinge loss of logits near 0
    assert losses[-1] < 0.5 * losses[0]


def test_gradients_stop_where_they_should(audio: tuple[Tensor, Tensor]) -> None:
    """The total loss moves the estimate and no discriminator; their own step leaves no gradient."""
    x, estimate = audio
    adversary = make()
    adversary.total_loss(0, x, passed(estimate, x)).backward()
    assert estimate.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in adversary.discriminators.parameters())


def test_balanced_gradient_is_as_strong_as_the_reconstructions(
    audio: tuple[Tensor, Tensor],
) -> None:
    x, estimate = audio
    plain = torch.autograd.grad(passed(estimate, x).loss, estimate)[0]
    alone = make(adversarial=0.0, feature_matching=0.0)
    balanced = torch.autograd.grad(alone.total_loss(0, x, passed(estimate, x)), estimate)[0]
    torch.testing.assert_close(balanced, plain)
    mixed = torch.autograd.grad(make().total_loss(0, x, passed(estimate, x)), estimate)[0]
    strength = plain.flatten(1).norm(dim=1).mean()
    assert not torch.allclose(mixed, plain)
    assert mixed.flatten(1).norm(dim=1).mean() <= strength * (1 + 1e-5)


def test_losses_beside_the_output_are_left_as_they_are(audio: tuple[Tensor, Tensor]) -> None:
    x, estimate = audio
    code = torch.tensor(3.0, requires_grad=True)
    make().total_loss(0, x, passed(estimate, x, sparsity=0.5 * code)).backward()
    assert code.grad.item() == 0.5


def test_state_goes_on_as_if_never_stopped(audio: tuple[Tensor, Tensor]) -> None:
    x, estimate = audio
    whole, resumed = make(), make(learning_rate=1.0)
    for step in range(3):
        whole.total_loss(step, x, passed(estimate, x))
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))  # as a file would
    totals = [adversary.total_loss(3, x, passed(estimate, x)) for adversary in (whole, resumed)]
    gradients = [torch.autograd.grad(total, estimate)[0] for total in totals]
    assert torch.equal(*gradients)
    for a, b in zip(*(o.discriminators.parameters() for o in (whole, resumed)), strict=True):
        assert torch.equal(a, b)


def test_mixed_precision(audio: tuple[Tensor, Tensor]) -> None:
    x, estimate = audio
    adversary = make("bf16-mixed")
    done = passed(estimate, x)
    adversary.total_loss(0, x, done).backward()
    assert estimate.grad.isfinite().all()
    assert all(done.stats[name].isfinite() for name in NAMES)


@pytest.mark.parametrize("overlay", [(), ("config/experiments/paper.yaml",)])
def test_the_losses_of_the_method_reach_the_balancer(
    audio: tuple[Tensor, Tensor], overlay: tuple[str, ...]
) -> None:
    """Multi-scale mel and waveform L1, adversarial and feature matching: each moves the output."""
    names = [*DEFAULTS, *(str(ROOT / name) for name in overlay)]
    config = configuration.variant(configuration.read(names), "free-gan")
    weights = config.training.loss
    assert (weights.mel > 0, weights.waveform > 0, weights.stft, weights.si_snr) == (1, 1, 0, 0)
    assert isinstance(config.decoder, GanConfig)
    assert config.decoder.adversarial > 0 and config.decoder.feature_matching > 0
    x, estimate = (part.detach().repeat(1, 1, 4) for part in audio)
    estimate.requires_grad_()
    terms = ReconstructionLoss(weights, config.signal.sample_rate)(estimate, x)
    assert set(terms) == {"mel", "waveform"}
    for term in terms.values():
        assert torch.autograd.grad(term, estimate, retain_graph=True)[0].norm() > 0
    adversary = make()
    total = adversary.total_loss(0, x, Pass(estimate, terms, {}, {}))
    assert torch.autograd.grad(total, estimate)[0].isfinite().all()
    assert all(adversary.balancer.norm(name) > 0 for name in adversary.balancer.weights)
