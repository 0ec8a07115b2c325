import pytest
import torch
from torch import nn

from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.optim import Ema
from tests.training.conftest import tiny


def test_average_follows_its_formula() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    ema = Ema(model, decay=0.5)
    expected = 0.0
    for step in range(1, 30):
        nn.init.constant_(model.weight, float(step))
        ema.update(model, step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
        assert ema.model.weight.item() == pytest.approx(expected, rel=1e-5)


def test_buffers_are_copied_and_counters_stay_whole() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    ema = Ema(model, decay=0.9)
    for step in range(1, 4):
        model(torch.randn(8, 4) + 5)
        ema.update(model, step)
    for name, buffer in model.named_buffers():
        assert torch.equal(ema.model.get_buffer(name), buffer)
    assert ema.model[1].num_batches_tracked.item() == 3


@pytest.mark.parametrize("kind", ["binary", "rvq"])
def test_average_of_a_model_codes_without_touching_the_model(kind: str) -> None:
    torch.manual_seed(0)
    model = Autoencoder(tiny(kind))
    ema = Ema(model, decay=0.5)
    x = torch.randn(4, 1, 1024)
    sum(model(x).losses.values(), model(x).audio.sum()).backward()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ema.update(model, 1)
    ema.model(x)
    assert ema.model.encode(x).shape[0] == 4
    assert model.training
    assert not any(parameter.requires_grad for parameter in ema.model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
