"""The pseudo-derivatives against their formulas."""

import pytest
import torch

from spiking_music.models.quantizers.surrogate import heaviside

GRID = torch.linspace(-3, 3, 601)


def gradient(surrogate: str, upstream: torch.Tensor) -> torch.Tensor:
    l = GRID.clone().requires_grad_()  # noqa: E741
    heaviside(l, surrogate).backward(upstream)
    return l.grad


@pytest.mark.parametrize("surrogate", ["triangle", "sigmoid"])
def test_forward_is_a_step_that_is_off_at_zero(surrogate: str) -> None:
    values = heaviside(torch.tensor([-2.0, -1e-6, 0.0, 1e-6, 2.0]), surrogate)
    assert values.tolist() == [0, 0, 0, 1, 1]


def test_triangle_derivative_equals_its_formula_and_scales_the_upstream_gradient() -> None:
    upstream = torch.linspace(-1, 2, 601)
    expected = upstream * torch.maximum(torch.zeros(601), 1 - GRID.abs())
    torch.testing.assert_close(gradient("triangle", upstream), expected)


def test_sigmoid_derivative_equals_its_formula() -> None:
    expected = GRID.sigmoid() * (1 - GRID.sigmoid())
    torch.testing.assert_close(gradient("sigmoid", torch.ones(601)), expected)


def test_triangle_is_silent_beyond_one() -> None:
    gradients = gradient("triangle", torch.ones(601))
    assert (gradients[GRID.abs() >= 1] == 0).all()
    assert (gradients[GRID.abs() < 0.99] > 0).all()
