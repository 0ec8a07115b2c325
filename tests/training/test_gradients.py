"""Every loss reaches the encoder, by itself, and stops where it should."""

import pytest
import torch

from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training.engine import Objective, draw_levels
from spiking_music.training.losses import ReconstructionLoss
from tests.training.conftest import LOSS, SIGNAL, tiny

ALL_TERMS = LOSS.model_copy(update={"mel": 1.0, "waveform": 1.0, "rmse": 1.0})
BEYOND = ("bottleneck.out_proj", "after", "decoder")  # of the code
RECONSTRUCTION = ("stft", "mel", "waveform", "rmse", "si_snr")


def touched(kind: str, loss: str) -> set[str]:
    """Names of the parameters that the gradient of one loss reaches."""
    torch.manual_seed(0)
    config = tiny(kind, loss=ALL_TERMS)
    model = Autoencoder(config)
    objective = Objective(model, ReconstructionLoss(ALL_TERMS, SIGNAL.sample_rate), config)
    time = torch.arange(1024) / torch.tensor([[5.0], [9.0], [13.0], [21.0]])
    x = 0.3 * torch.sin(time)[:, None]  # (4, 1, T_x)
    objective(x, step=0)  # starts codebooks
    objective(x, step=100).losses[loss].backward()
    return {n for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}


@pytest.mark.parametrize("loss", RECONSTRUCTION)
@pytest.mark.parametrize(
    "kind", ["rvq", "binary", "mu-sparse", "conditional-entropy", "mdct-mu", "time-ae"]
)
def test_reconstruction_reaches_every_parameter(kind: str, loss: str) -> None:
    names = {name for name, _ in Autoencoder(tiny(kind)).named_parameters()}
    assert touched(kind, loss) == names


@pytest.mark.parametrize("kind", ["sparse", "mu-sparse"])
def test_sparsity_reaches_all_before_the_code_and_nothing_after(kind: str) -> None:
    names = {name for name, _ in Autoencoder(tiny(kind)).named_parameters()}
    assert touched(kind, "sparsity") == {name for name in names if not name.startswith(BEYOND)}


def test_commitment_reaches_the_encoder_alone() -> None:
    names = {name for name, _ in Autoencoder(tiny("rvq")).named_parameters()}
    assert touched("rvq", "commitment") == {name for name in names if name.startswith("encoder")}


def test_diffusion_reaches_the_encoder_through_the_code() -> None:
    names = {name for name, _ in Autoencoder(tiny("diffusion")).named_parameters()}
    assert touched("diffusion", "diffusion") == names


def test_the_spectrum_reaches_the_encoder_through_the_code() -> None:
    names = {name for name, _ in Autoencoder(tiny("freq-ae")).named_parameters()}
    assert touched("freq-ae", "spectrum") == names


def test_mel_has_nothing_to_learn_but_the_decoder() -> None:
    found = touched("mel", "diffusion")
    assert found == {name for name, _ in Autoencoder(tiny("mel")).named_parameters()}
    assert all(name.startswith("decoder") for name in found)


def test_levels_are_drawn_anew_for_every_clip_by_the_global_seed() -> None:
    """Of 4 crops, the sparsity loss sees a level of each quarter; a seed says which."""
    config = tiny("mu-sparse")
    torch.manual_seed(0)
    model = Autoencoder(config).eval()
    objective = Objective(model, ReconstructionLoss(LOSS, SIGNAL.sample_rate), config)
    seen: list[torch.Tensor] = []
    model.before.register_forward_hook(lambda _, inputs, __: seen.append(inputs[1]))
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        objective(torch.zeros(4, 1, 1024), step=100)
    assert [(level // 2).tolist() for level in seen] == [[0, 1, 2, 3]] * 3  # of 8 levels
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0], seen[2])


def test_levels_of_a_batch_are_even_and_not_bound_to_one_another() -> None:
    torch.manual_seed(0)
    drawn = torch.stack([draw_levels(32, 8) for _ in range(2000)])
    assert drawn.flatten().bincount(minlength=32).float().sub(500).abs().max() < 100
    within = (drawn % 4).double()  # of the share of each clip
    assert torch.corrcoef(within.T).fill_diagonal_(0).abs().max() < 0.1
    assert draw_levels(8, 64).bincount().tolist() == [8] * 8
