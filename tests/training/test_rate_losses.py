"""Losses on the number of events against the paper's formulas, their gradients, and crops."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from spiking_music.codec import formats
from spiking_music.config import SignalConfig, StorageCostConfig, TargetEventsConfig
from spiking_music.training.rate_losses import (
    SparsityLoss,
    StorageCost,
    TargetEvents,
    storage_bits,
    target_density,
)
from tests.training.conftest import STORAGE, TARGET

STEPS = 12

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)  # T = 256
UNITS = 80
DENSE = UNITS * 256


def storage(budget: float = 1.0) -> SparsityLoss:
    config = StorageCostConfig.model_validate(STORAGE | {"budget": budget, "gamma": 2.0})
    return StorageCost(config, UNITS, SIGNAL, STEPS)


def events(counts: list[int], steps: int = 256) -> Tensor:
    """(B, N, T) with the given numbers of events, which take a gradient."""
    z = torch.zeros(len(counts), UNITS * steps)
    for row, count in zip(z, counts, strict=True):
        row[torch.randperm(len(row))[:count]] = 1
    return z.view(len(counts), UNITS, steps).requires_grad_()


@given(
    counts=st.lists(st.integers(0, 300 * 300), min_size=1, max_size=5),
    units=st.integers(1, 300),
    steps=st.integers(1, 300),
)
def test_bits_are_those_of_the_codec_room(counts: list[int], units: int, steps: int) -> None:
    counts = [count % (units * steps + 1) for count in counts]
    bits = storage_bits(torch.tensor(counts, dtype=torch.float32), units, steps)
    assert bits.tolist() == formats.cost("time", units, steps, counts).tolist()


def test_the_worked_example_of_the_paper() -> None:
    assert storage_bits(torch.tensor([7.0]), 5, 10).item() == 40


def test_storage_loss_is_the_excess_over_the_budget_in_units_of_the_dense_cost() -> None:
    counts = [0, 2000, 10_000, DENSE]
    loss, stats = storage()(events(counts), None, step=10**6)
    bits = formats.cost("time", UNITS, 256, counts)
    assert loss.item() == pytest.approx(2.0 * (bits - DENSE).clip(min=0).mean() / DENSE)
    assert stats["gamma"].item() == 2.0
    assert stats["kbps_paper"].item() == pytest.approx(
        bits.clip(max=DENSE).mean() / 1000 / (131072 / 22050), rel=1e-6
    )


def test_dense_codes_cost_the_papers_rate() -> None:
    _, stats = storage()(events([DENSE // 2]), None, 0)
    assert stats["kbps_paper"].item() == pytest.approx(3.445, abs=1e-3)


def test_gradient_is_the_price_of_an_event_above_the_budget_and_nothing_below() -> None:
    z = events([2000, 10_000])
    loss, _ = storage()(z, None, step=10**6)
    loss.backward()
    assert (z.grad[0] == 0).all()  # 2000 · 8 + 79 · 11 bits are fewer than 20480
    price = 2.0 * 8 / DENSE / 2  # γ · ⌈log2 T⌉ / (N·T), mean of two
    torch.testing.assert_close(z.grad[1], torch.full_like(z.grad[1], price))


def test_the_budget_moves_the_bound() -> None:
    z = events([2000])
    assert storage(1.0)(z, None, 10**6)[0] == 0
    assert storage(0.5)(z, None, 10**6)[0] > 0


def test_levels_pull_towards_their_targets_from_both_sides() -> None:
    config = TargetEventsConfig.model_validate(TARGET | {"gamma": 1.0, "levels": 32})
    z = events([DENSE // 4, DENSE // 4, DENSE // 4])
    loss, _ = TargetEvents(config, UNITS, SIGNAL, STEPS)(z, torch.tensor([4, 8, 12]), step=10**6)
    assert loss.item() == pytest.approx((0.25 + 0 + 0.125) / 3)
    loss.backward()
    signs = z.grad.sign().mean(dim=(1, 2))
    assert (signs[0], signs[2]) == (-1, 1)  # more events wanted, fewer wanted


@pytest.mark.parametrize(
    ("relative", "weights"), [(0, [1, 1, 1]), (0.5, [1, 2, 4]), (1, [1, 4, 16])]
)
def test_a_missed_target_may_count_by_its_share(relative: float, weights: list[float]) -> None:
    made = TARGET | {"gamma": 1.0, "levels": 32, "relative": relative}
    loss = TargetEvents(TargetEventsConfig.model_validate(made), UNITS, SIGNAL, STEPS)
    z = torch.zeros(1, UNITS, SIGNAL.steps)
    for level, weight in zip((0, 8, 16), weights, strict=True):
        found, _ = loss(z, torch.tensor([level]), step=10**6)
        torch.testing.assert_close(found, torch.tensor(weight * 2 ** (-level / 4)))


def test_targets_halve_every_fourth_level() -> None:
    torch.testing.assert_close(
        target_density(torch.tensor([0, 4, 16, 31])), torch.tensor([1, 0.5, 1 / 16, 2**-7.75])
    )


@pytest.mark.parametrize("kind", ["storage", "levels"])
def test_a_crop_costs_what_its_clip_costs(kind: str) -> None:
    """Four crops of even density have the loss, and in sum the gradient, of their clip."""
    config = TargetEventsConfig.model_validate(TARGET)
    loss = storage(0.1) if kind == "storage" else TargetEvents(config, UNITS, SIGNAL, STEPS)
    crop = events([500], steps=64).detach()
    clip = crop.repeat(1, 1, 4).requires_grad_()
    crops = crop.expand(4, -1, -1).clone().requires_grad_()
    level = torch.tensor([3]) if kind == "levels" else None
    whole, _ = loss(clip, level, 10**6)
    parts, _ = loss(crops, None if level is None else level.expand(4), 10**6)
    assert parts.item() == pytest.approx(whole.item())
    whole.backward()
    parts.backward()
    torch.testing.assert_close(clip.grad.sum(), crops.grad.sum())


def test_in_the_silent_phase_nothing_is_asked() -> None:
    z = events([DENSE])
    loss, stats = storage()(z, None, step=0)
    loss.backward()
    assert loss == 0 and stats["gamma"] == 0
    assert not z.grad.any()
