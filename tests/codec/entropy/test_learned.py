"""The event model in floats, and the integers that are coded with: the same probabilities."""

import numpy as np
import pytest
import torch

from spiking_music.codec.entropy.learned import Learned
from spiking_music.codec.formats import entropy_bound
from spiking_music.models.event_model import EventModel
from spiking_music.models.event_tables import GROUP, INT16, REACH, check
from spiking_music.rangecoder.binary_code import EventDecoder, encode_events
from spiking_music.rangecoder.probabilities import LARGEST, LOGITS_A_NAT, WHOLE, sigmoid_table

SIZES = [(1, 1), (1, 2), (3, 8), (10, 37), (130, 21), (300, 6)]


def model_of(units: int, std: float, levels: int = 0, scale: float = 1.0) -> EventModel:
    torch.manual_seed(units)
    model = EventModel(units, levels, scale)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return model


def in_coding_order(values: torch.Tensor) -> np.ndarray:
    """(N, T) → (N·T,)."""
    groups = values.detach().split(GROUP)
    return torch.cat([g[:, odd::2].flatten() for g in groups for odd in (0, 1)]).numpy()


def some_events(units: int, steps: int) -> torch.Tensor:
    return (torch.rand(units, steps, generator=torch.Generator().manual_seed(1)) < 0.3).float()


@pytest.mark.parametrize(("units", "steps"), SIZES)
def test_weights_that_need_no_rounding_give_equal_probabilities(units: int, steps: int) -> None:
    model, z = model_of(units, std=0.2), some_events(units, steps)
    for parameter in model.parameters():
        parameter.data = (parameter.data * LOGITS_A_NAT).round() / LOGITS_A_NAT
    symbols, k = Learned(model.export()).predict(z.numpy().astype(np.uint8))
    np.testing.assert_array_equal(symbols, in_coding_order(z))
    whole = in_coding_order(model.logits(z[None])[0] * LOGITS_A_NAT).astype(int)
    np.testing.assert_array_equal(k, sigmoid_table()[whole.clip(-LARGEST, LARGEST) + LARGEST])


@pytest.mark.parametrize(("units", "steps"), SIZES)
def test_logits_differ_by_the_rounding_of_their_terms(units: int, steps: int) -> None:
    model, z = model_of(units, std=0.05, scale=8.0), some_events(units, steps)
    _, k = Learned(model.export()).predict(z.numpy().astype(np.uint8))
    ones = EventModel(units).double()
    for parameter in ones.parameters():
        torch.nn.init.ones_(parameter)
    terms = ones.logits(z[None].double())[0]  # as many as there are events that a logit knows
    most, logits = terms * 0.5 / LOGITS_A_NAT, model.double().logits(z[None].double())[0]
    clip = LARGEST / LOGITS_A_NAT
    low, high = (
        in_coding_order(((logits + side * most).clamp(-clip, clip)).sigmoid() * WHOLE)
        for side in (-1, 1)
    )
    assert (low - 1 <= k).all() and (k <= high + 1).all()


@pytest.fixture(scope="module")
def trained() -> tuple[EventModel, torch.Tensor]:
    """A model with levels, trained as beside an encoder, and clips of levels 0 and 1 in turns."""
    torch.manual_seed(0)
    level = torch.arange(8) % 2
    rates = torch.tensor([0.3, 0.05])[level]
    coins = (torch.rand(8, 9, 601) < rates[:, None, None]).float()
    z = torch.cat([coins, coins.roll(1, dims=2) * (torch.rand(8, 9, 601) < 0.9)], dim=1)
    model = EventModel(18, levels=2, scale=8.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(150):
        optimiser.zero_grad()
        model.bits(z, level).mean().backward()
        optimiser.step()
    return model, z


def test_bits_are_what_the_range_coder_writes(trained: tuple[EventModel, torch.Tensor]) -> None:
    model, z = trained
    for clip, level in ((0, 0), (1, 1)):
        coder = Learned(model.export(level))
        events = z[clip].numpy().astype(np.uint8)
        payload = encode_events(*coder.predict(events))
        bits = model.bits(z[clip : clip + 1], torch.tensor([level])).item()
        assert bits == pytest.approx(8 * len(payload), rel=0.01)
        assert bits < 0.8 * entropy_bound(*events.shape, events.sum())  # it has learned
        decoded = coder.decode(EventDecoder(payload), events.shape[1])
        np.testing.assert_array_equal(decoded.z, events)


def test_weights_that_would_overflow_are_shrunk() -> None:
    model = model_of(20, std=100.0)
    tables = model.export()
    check(tables)
    reach = [np.abs(part.astype(int)) for part in tables]
    sums = reach[0].max(axis=0) + sum(part.sum(axis=(1, 2)) for part in reach[1:])
    assert (sums[GROUP:] > 0.5 * INT16).all()


@pytest.mark.parametrize("units", [1, 3, 10, 130, 300])
@pytest.mark.parametrize("steps", [2, 21])
def test_operations_are_the_terms_of_all_logits(units: int, steps: int) -> None:
    """Of weights of 1 and events everywhere, beyond the ends too, a logit counts its terms."""
    ones, more = EventModel(units).double(), 2 * REACH
    for parameter in ones.parameters():
        torch.nn.init.ones_(parameter)
    torch.nn.init.zeros_(ones.bias)
    events = torch.ones(1, units, steps + 2 * more, dtype=torch.float64)
    terms = int(ones.logits(events)[0, :, more:-more].sum() / ones.scale)
    coder = Learned(model_of(units, 0.1).export())
    assert coder.operations(np.zeros((units, steps), np.uint8)) == terms
