"""Losses that are bit rates under the event model, which is trained beside the encoder."""

import math

import pytest
import torch

from spiking_music.config import ConditionalEntropyConfig, EntropyLossConfig, SignalConfig
from spiking_music.models.quantizers.surrogate import triangle
from spiking_music.training.rate_losses import ConditionalEntropy, Entropy
from tests.training.conftest import CONDITIONAL, ENTROPY

UNITS, STEPS = 5, 12
SIGNAL = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)
LATE = 10**6  # a step at which γ has its final value


def events(clips: int) -> torch.Tensor:
    return torch.randint(0, 2, (clips, UNITS, STEPS)).float()


def test_the_loss_is_gamma_times_bits_a_frame() -> None:
    config = EntropyLossConfig.model_validate(ENTROPY | {"gamma": 0.5})
    loss, stats = Entropy(config, UNITS, SIGNAL, STEPS)(events(3), None, step=LATE)
    assert loss.item() == pytest.approx(0.5 * UNITS)
    assert stats["kbps_model"].item() == pytest.approx(UNITS * 22.05 / 512)
    assert math.isclose(stats["gamma"].item(), 0.5)


def test_an_event_costs_twice_as_much_some_levels_later() -> None:
    config = ConditionalEntropyConfig.model_validate(CONDITIONAL | {"gamma": 0.5, "doubling": 2})
    loss = ConditionalEntropy(config, UNITS, SIGNAL, STEPS)
    both, stats = loss(events(2), torch.tensor([0, 4]), step=LATE)
    assert both.item() == pytest.approx(0.5 * UNITS * (1 + 4) / 2)
    assert stats["gamma"].item() == 0.5


@pytest.mark.parametrize("steps", [1, 2, STEPS - 1])
def test_encoder_and_event_model_learn_together(steps: int) -> None:
    """Units that fire by chance, and an encoder that can make them fire less often."""
    torch.manual_seed(0)
    config = ConditionalEntropyConfig.model_validate(CONDITIONAL | {"gamma": 1, "doubling": 2})
    loss = ConditionalEntropy(config, UNITS, SIGNAL, STEPS)
    shift = torch.nn.Parameter(torch.full((UNITS, 1), -0.3))  # 27 % fire, which is 0.85 bits each
    optimiser = torch.optim.AdamW([shift, *loss.parameters()], lr=3e-3)
    costs = []
    for _ in range(200):
        z = triangle(0.5 * torch.randn(8, UNITS, steps) + shift)
        bits, _ = loss(z, torch.arange(8), step=LATE)
        costs.append(bits.item() / (UNITS * 2 ** (torch.arange(8) / 2)).mean().item())
        optimiser.zero_grad()
        bits.backward()
        optimiser.step()
    assert costs[0] == pytest.approx(1)  # bits an event
    assert sum(costs[-20:]) / 20 < 0.5
