"""The learned prior: what it may hear, what it learns, and the loss that is made of it."""

import math

import pytest
import torch

from spiking_music.config import ConditionalEntropyConfig, EntropyLossConfig, SignalConfig
from spiking_music.training.rate_losses import ConditionalEntropy, Entropy, Prior
from tests.training.conftest import CONDITIONAL, ENTROPY

UNITS, REACH, STEPS = 5, 2, 12
SIGNAL = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)


def test_an_untrained_prior_costs_a_bit_a_unit() -> None:
    z = torch.randint(0, 2, (3, UNITS, STEPS)).float()
    torch.testing.assert_close(Prior(UNITS, REACH, 0)(z, None), torch.full((3,), float(UNITS)))


def test_every_event_is_predicted_from_what_is_coded_before_it_only() -> None:
    prior, z = Prior(UNITS, REACH, 0), torch.randint(0, 2, (1, UNITS, STEPS)).float()
    torch.nn.init.normal_(prior.weight)
    place = torch.arange(UNITS * STEPS).view(UNITS, STEPS)  # order of coding: unit by unit
    for unit, step in [(0, 4), (2, 0), (2, 6), (4, 11)]:
        heard = z.clone().requires_grad_()
        prior.logits(heard, None)[0, unit, step].backward()
        listens = heard.grad[0] != 0
        assert (place[listens] < place[unit, step]).all()
        assert listens.any() == (unit > 0 or step > 0)
        assert not listens[:, : max(0, step - REACH)].any()


def test_what_repeats_itself_becomes_cheap_and_a_fair_coin_does_not() -> None:
    torch.manual_seed(0)
    prior = Prior(2, 1, 0)
    optimiser = torch.optim.Adam(prior.parameters(), lr=0.02)
    for _ in range(150):
        coin = torch.randint(0, 2, (16, 1, 32)).float()
        optimiser.zero_grad()
        bits = prior(torch.cat([coin, coin], dim=1), None)  # the second unit copies the first
        bits.mean().backward()
        optimiser.step()
    assert bits.mean().item() == pytest.approx(1, abs=0.05)


def test_events_learn_to_be_foretold() -> None:
    prior, z = Prior(UNITS, REACH, 0), torch.zeros(1, UNITS, STEPS, requires_grad=True)
    torch.nn.init.constant_(prior.bias, -0.5)  # silence is expected
    prior(z, None).sum().backward()
    assert (z.grad > 0).all()  # every event would cost bits


def test_the_loss_is_gamma_times_bits() -> None:
    config = EntropyLossConfig.model_validate(ENTROPY | {"gamma": 0.5})
    z = torch.randint(0, 2, (3, UNITS, STEPS)).float()
    loss, stats = Entropy(config, UNITS, SIGNAL, STEPS)(z, None, step=10**6)
    assert loss.item() == pytest.approx(0.5 * UNITS)
    assert stats["kbps_prior"].item() == pytest.approx(UNITS * 22.05 / 512)
    assert math.isclose(stats["gamma"].item(), 0.5)


def test_each_level_has_rates_of_its_own() -> None:
    prior, z = Prior(UNITS, REACH, levels=3), torch.ones(2, UNITS, STEPS)
    torch.nn.init.constant_(prior.bias[2], 1.0)  # events are expected there
    level = torch.tensor([0, 2])
    bits = prior(z, level)
    assert bits[0].item() == pytest.approx(UNITS)
    assert bits[1] < 0.01
    bits.sum().backward()
    assert prior.bias.grad is not None
    assert not prior.bias.grad[1].any()


def test_an_event_costs_twice_as_much_some_levels_later() -> None:
    config = ConditionalEntropyConfig.model_validate(CONDITIONAL | {"gamma": 0.5, "doubling": 2})
    loss, z = (
        ConditionalEntropy(config, UNITS, SIGNAL, STEPS),
        torch.randint(0, 2, (2, UNITS, STEPS)).float(),
    )
    both, stats = loss(z, torch.tensor([0, 4]), step=10**6)
    assert both.item() == pytest.approx(0.5 * UNITS * (1 + 4) / 2)
    assert stats["gamma"].item() == 0.5
