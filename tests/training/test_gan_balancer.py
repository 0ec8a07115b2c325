"""The loss balancer: shares equal weights, whatever the scales of the losses."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spiking_music.errors import ConfigError
from spiking_music.training.gan import Balancer


def directions(batch: int, *scales: float) -> tuple[Tensor, dict[str, Tensor], list[Tensor]]:
    """An output, losses linear in it whose gradients are orthogonal, and those gradients."""
    output = torch.zeros(batch, 1, 8, requires_grad=True)
    gradients = []
    for i, scale in enumerate(scales):
        gradient = torch.zeros(batch, 1, 8)
        gradient[..., i] = scale
        gradients.append(gradient)
    losses = {str(i): (output * gradient).sum() for i, gradient in enumerate(gradients)}
    return output, losses, gradients


@settings(max_examples=30, deadline=None)
@given(
    scales=st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=4),
    weights=st.lists(st.floats(0.1, 10), min_size=4, max_size=4),
)
def test_share_of_each_gradient_is_its_weight(scales: list[float], weights: list[float]) -> None:
    output, losses, _ = directions(3, *scales)
    chosen = dict(zip(losses, weights, strict=False))
    Balancer(chosen)(losses, output).backward()
    total = sum(chosen.values())
    for i, name in enumerate(losses):
        share = output.grad[..., i].abs()  # one a clip: each clip's gradient is balanced
        torch.testing.assert_close(share, torch.full_like(share, chosen[name] / total))


def test_norms_are_averaged_over_steps() -> None:
    """A step with a gradient three times as strong keeps its strength relative to the mean."""
    balancer = Balancer({"0": 1.0}, decay=0.5)
    for scale in (1.0, 3.0):
        output, losses, _ = directions(1, scale)
        balancer(losses, output).backward()
    mean = (0.5 * 1 + 3) / (0.5 + 1)
    assert balancer.norm("0") == pytest.approx(mean)
    assert output.grad[0, 0, 0].item() == pytest.approx(3 / mean)


def test_losses_absent_from_a_step_leave_the_shares_to_the_others() -> None:
    output, losses, _ = directions(1, 5.0, 7.0)
    Balancer({"0": 1.0, "1": 3.0})({"1": losses["1"]}, output).backward()
    torch.testing.assert_close(output.grad.norm(), torch.tensor(1.0))


def test_weight_zero_switches_a_loss_off() -> None:
    output, losses, _ = directions(1, 5.0, 7.0)
    Balancer({"0": 0.0, "1": 3.0})(losses, output).backward()
    torch.testing.assert_close(output.grad[0, 0, :2], torch.tensor([0.0, 1.0]))


def test_gradient_flows_on_below_the_output_with_other_losses() -> None:
    parameter = torch.tensor([2.0], requires_grad=True)
    output = parameter.expand(1, 4) * 1.0
    loss = Balancer({"a": 1.0})({"a": 100 * output.sum()}, output)
    (loss + 5 * parameter.sum()).backward()
    assert parameter.grad.item() == pytest.approx(2 + 5)  # four entries of 1/2: norm 1; plus 5


def test_state_goes_on_as_if_never_stopped() -> None:
    weights = {"0": 1.0, "1": 2.0}
    whole, stopped = Balancer(weights), Balancer(weights)
    for scale in (1.0, 9.0):
        output, losses, _ = directions(2, scale, 2.0)
        whole(losses, output)
        stopped(losses, output)
    resumed = Balancer(weights)
    resumed.load_state_dict(stopped.state_dict())
    grads = []
    for balancer in (whole, resumed):
        output, losses, _ = directions(2, 4.0, 3.0)
        balancer(losses, output).backward()
        grads.append(output.grad)
    assert torch.equal(*grads)


def test_norms_are_joined_across_processes() -> None:
    balancer = Balancer({"0": 1.0}, average=lambda norms: norms * 2)
    output, losses, _ = directions(1, 3.0)
    balancer(losses, output)
    assert balancer.norm("0") == pytest.approx(6)


def test_weights_without_a_positive_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="no loss to balance"):
        Balancer({"a": 0.0})
