"""Adversarial losses: fixed points, directions, and where the gradient may go."""

import pytest
import torch

from spiking_music.training.gan import discriminator_loss, feature_matching, generator_loss


def logits(*values: float) -> list[torch.Tensor]:
    return [torch.full((2, 1, 3, 4), float(value)) for value in values]


@pytest.mark.parametrize(
    ("real", "fake", "loss"), [(1, -1, 0), (5, -5, 0), (0, 0, 2), (-1, 1, 4), (0.5, -1, 0.5)]
)
def test_discriminator_hinge(real: float, fake: float, loss: float) -> None:
    assert discriminator_loss(logits(real), logits(fake)).item() == pytest.approx(loss)


@pytest.mark.parametrize(("fake", "loss"), [(1, 0), (3, 0), (0, 1), (-1, 2)])
def test_generator_hinge(fake: float, loss: float) -> None:
    assert generator_loss(logits(fake)).item() == pytest.approx(loss)


def test_scales_weigh_the_same_whatever_their_size() -> None:
    small, large = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 50, 50), 1.0)
    assert generator_loss([small, large]).item() == pytest.approx(0.5)
    assert discriminator_loss([large, large], [small, -large]).item() == pytest.approx(0.5)


def test_feature_matching_is_relative() -> None:
    real = [[torch.full((1, 2, 3, 4), 10.0), torch.full((1, 2, 5, 6), -0.1)]]
    fake = [[map_ * 1.2 for map_ in real[0]]]
    assert feature_matching(real, real).item() == 0
    assert feature_matching(real, fake).item() == pytest.approx(0.2)


def test_feature_matching_teaches_the_estimate_only() -> None:
    real, fake = (torch.rand(1, 2, 3, 4, requires_grad=True) for _ in range(2))
    feature_matching([[real]], [[fake]]).backward()
    assert real.grad is None
    assert fake.grad is not None


def test_silent_features_do_not_divide_by_zero() -> None:
    assert feature_matching([[torch.zeros(1, 1, 2, 2)]], [[torch.ones(1, 1, 2, 2)]]).isfinite()
