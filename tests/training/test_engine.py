import random

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spiking_music.errors import ConfigError
from spiking_music.training.engine import deterministic, make_fabric, seed_everything
from tests.training.conftest import tiny


def draws() -> list[float]:
    return [random.random(), np.random.rand(), torch.rand(1).item()]  # noqa: NPY002


def test_seed_step_and_rank_fix_every_generator() -> None:
    def seeded(*numbers: int) -> list[float]:
        seed_everything(*numbers)
        return draws()

    reference = seeded(1, 2, 3)
    assert seeded(1, 2, 3) == reference
    for other in ((2, 2, 3), (1, 3, 3), (1, 2, 4)):
        assert all(a != b for a, b in zip(seeded(*other), reference, strict=True))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_missing_accelerator_is_named() -> None:
    with pytest.raises(ConfigError, match="'cuda' with 1 device"):
        make_fabric(tiny(accelerator="cuda").training)


class Probe(nn.Module):
    """Tells in what precision its input arrived and its product was computed."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3, 3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x @ self.weight


def test_mixed_precision_leaves_the_waveform_alone() -> None:
    fabric = make_fabric(tiny(precision="bf16-mixed").training)
    arrived, product = fabric.setup(Probe())(torch.rand(3, 3))
    assert (arrived.dtype, product.dtype) == (torch.float32, torch.bfloat16)


def test_determinism_is_asked_for_and_given_back() -> None:
    before = torch.get_num_threads()
    with deterministic(before + 2):
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.get_num_threads() == before + 2
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == before
