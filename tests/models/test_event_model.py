"""The event model: what each logit may know, its gradients, its levels, and what it learns."""

import pytest
import torch

from spiking_music.models.event_model import EventModel
from spiking_music.models.event_tables import GROUP, PARENTS, REACH

UNITS, STEPS = 10, 13  # neither whole groups nor pairs of steps


def model_of(units: int, levels: int = 0, scale: float = 1.0) -> EventModel:
    """A model with random weights."""
    torch.manual_seed(units)
    model = EventModel(units, levels, scale)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def events(units: int, steps: int, clips: int = 1) -> torch.Tensor:
    return torch.randint(0, 2, (clips, units, steps)).float()


def knows(unit: int, step: int, other: int, at: int) -> bool:
    """Whether the logit of `unit` at `step` depends on `other` at `at`."""
    if unit // GROUP == other // GROUP:
        return step % 2 == 1 and abs(step - at) == 1
    first = unit // GROUP * GROUP
    return first - PARENTS <= other < first and abs(step - at) <= REACH


@pytest.mark.parametrize(
    ("units", "changed"),
    [
        (UNITS, [(n, t) for n in range(UNITS) for t in (0, 1, 6, 7, STEPS - 1)]),
        (PARENTS + 2 * GROUP + 1, [(0, 5), (GROUP, 6), (PARENTS - 1, 3), (PARENTS + GROUP, 4)]),
    ],
)
def test_a_changed_event_changes_the_logits_that_know_it(
    units: int, changed: list[tuple[int, int]]
) -> None:
    model, z = model_of(units).double(), events(units, STEPS).double()
    before = model.logits(z)[0]
    for unit, step in changed:
        other = z.clone()
        other[0, unit, step] = 1 - other[0, unit, step]
        differs = model.logits(other)[0] != before
        for n in range(units):
            for t in range(STEPS):
                assert differs[n, t] == knows(n, t, unit, step)
                coded = (n // GROUP, t % 2), (unit // GROUP, step % 2)  # group, then even and odd
                assert not differs[n, t] or coded[1] < coded[0]


@pytest.mark.parametrize(("units", "steps"), [(1, 1), (1, 2), (3, 5), (9, 4), (9, 7)])
def test_gradients_are_those_of_finite_differences(units: int, steps: int) -> None:
    model = model_of(units, levels=3, scale=2.0).double()
    z = torch.rand(2, units, steps, dtype=torch.float64, requires_grad=True)
    level = torch.tensor([2, 0])
    assert torch.autograd.gradcheck(lambda z: model.logits(z, level), z)
    assert torch.autograd.gradcheck(lambda z: model.bits(z, level), z)


@pytest.mark.parametrize("steps", [1, 2, 9])
def test_an_untrained_model_counts_a_bit_an_event(steps: int) -> None:
    bits = EventModel(UNITS).bits(events(UNITS, steps, clips=3))
    torch.testing.assert_close(bits, torch.full((3,), float(UNITS * steps)))


def test_an_expected_silence_makes_events_dear() -> None:
    model, z = EventModel(UNITS), torch.zeros(1, UNITS, STEPS, requires_grad=True)
    torch.nn.init.constant_(model.bias, -0.5)
    model.bits(z).sum().backward()
    assert z.grad is not None and (z.grad > 0).all()


def test_each_level_has_rates_of_its_own() -> None:
    model, z = EventModel(UNITS, levels=3, scale=8.0), torch.ones(2, UNITS, STEPS)
    torch.nn.init.constant_(model.bias[2], 1.0)  # events are expected there
    bits = model.bits(z, torch.tensor([0, 2]))
    assert bits[0].item() == pytest.approx(UNITS * STEPS)
    assert bits[1] < 0.1
    bits.sum().backward()
    assert model.bias.grad is not None and not model.bias.grad[1].any()
    assert (model.export(2).bias == 8 * 64).all() and not model.export(0).bias.any()


def test_a_copy_costs_nothing_and_a_fair_coin_a_bit() -> None:
    torch.manual_seed(0)
    model = EventModel(2 * GROUP)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(150):
        coins = events(GROUP, 32, clips=16)
        bits = model.bits(torch.cat([coins, coins], dim=1)).mean()  # a group copies the other
        optimiser.zero_grad()
        bits.backward()
        optimiser.step()
    assert bits.item() == pytest.approx(GROUP * 32, rel=0.05)
