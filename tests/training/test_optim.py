"""Which weights Muon moves, and by how much."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from spiking_music.config import VariantConfig
from spiking_music.errors import ConfigError, TrainingError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.optim import make_optimisers, set_rate
from tests.training.conftest import tiny
from tests.training.test_loop import Shards, run, stop_when


def model_of(config: VariantConfig) -> nn.Module:
    torch.manual_seed(1)
    return Autoencoder(config)


def moved(config: VariantConfig, rate: float) -> dict[str, tuple[Tensor, Tensor]]:
    """Every parameter before and after one step on the same random gradients."""
    model = model_of(config)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape)
    optimisers = make_optimisers(model, config.training)
    set_rate(optimisers, rate)
    for optimiser in optimisers:
        optimiser.step()
    return {name: (before[name], value.detach()) for name, value in model.named_parameters()}


def test_without_it_adamw_has_every_parameter_once() -> None:
    model = model_of(tiny())
    (adamw,) = make_optimisers(model, tiny().training)
    held = [id(parameter) for group in adamw.param_groups for parameter in group["params"]]
    assert sorted(held) == sorted(map(id, model.parameters()))


@pytest.mark.parametrize("kind", ["binary", "sparse", "mdct-mu"])
def test_the_two_share_the_parameters_out(kind: str) -> None:
    config = tiny(kind, muon=2.0)
    model = model_of(config)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    adamw, muon = make_optimisers(model, config.training)
    held = [id(p) for group in adamw.param_groups for p in group["params"]]
    matrices = [id(p) for group in muon.param_groups for p in group["params"]]
    assert sorted(held + matrices) == sorted(names)
    found = {names[matrix].rpartition(".")[0].rpartition(".")[2] for matrix in matrices}
    convnext, conformer = {"expand", "contract"}, {"in_proj", "gated", "out_proj", "1", "3"}
    assert found == convnext | (conformer if kind == "sparse" else set())
    assert all(".blocks." in names[i] or ".layers." in names[i] for i in matrices)


def test_its_steps_are_orthogonal_and_as_large_as_its_share_says() -> None:
    rate = 1e-3
    alone = moved(tiny(weight_decay=0.0), rate)
    ones, twos = (moved(tiny(weight_decay=0.0, muon=share), rate) for share in (1.0, 2.0))
    name = next(name for name in ones if name.endswith("expand.weight"))
    before, after = ones[name]
    step = (after - before).double()
    # its five iterations end with singular values of 0.7 to 1.2
    values = torch.linalg.svdvals(step) / (0.2 * rate * max(step.shape) ** 0.5)
    assert values.min() > 0.6 and values.max() < 1.3
    torch.testing.assert_close((twos[name][1] - before).double(), 2 * step, rtol=1e-3, atol=1e-7)
    for other in ones:
        if not other.endswith(("expand.weight", "contract.weight")):
            assert torch.equal(ones[other][1], alone[other][1])


def test_a_resumed_run_ends_in_the_same_bytes(tmp_path: Path, shards: Shards) -> None:
    config = tiny("mdct-mu", steps=30, checkpoint_every=7, muon=2.0)
    whole = run(tmp_path / "whole", config, shards)
    stop_when(tmp_path / "cut" / "checkpoints")
    with pytest.raises(TrainingError, match="run the same command again"):
        run(tmp_path / "cut", config, shards)
    resumed = run(tmp_path / "cut", config, shards)
    assert resumed.read_bytes() == whole.read_bytes()


def test_what_it_cannot_do(tmp_path: Path, shards: Shards) -> None:
    with pytest.raises(ValidationError, match="muon trains in 32-true or bf16-mixed"):
        tiny(muon=1.0, precision="16-mixed")
    with pytest.raises(ConfigError, match="this model has none"):
        run(tmp_path, tiny("time-ae", muon=1.0), shards)
    assert not any(tmp_path.iterdir())
