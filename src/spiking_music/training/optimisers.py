"""Who moves which weights: AdamW all of them, or Muon the matrices of the blocks."""

from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer

from spiking_music.config import TrainingConfig
from spiking_music.errors import ConfigError
from spiking_music.models.backbones.spectral import ConvNeXtBlock
from spiking_music.models.context import Conformer


def make_optimisers(model: nn.Module, training: TrainingConfig) -> list[Optimizer]:
    """AdamW of the parameters of `model` and, where `training.muon` is above 0, Muon.

    AdamW decays matrices and kernels, but no biases, gains or scales. Muon (Jordan et al. 2024;
    torch.optim) moves every matrix between two layers of a ConvNeXt or conformer block by the
    orthogonal matrix next to its gradients, the root mean square of a step being that of AdamW's
    (Liu et al. 2025, arXiv 2502.16982) times `training.muon`. `ConfigError` where there is none.
    """
    matrices = _matrices(model) if training.muon else []
    if training.muon and not matrices:
        raise ConfigError("training.muon is for matrices of blocks, and this model has none: use 0")
    taken = {id(matrix) for matrix in matrices}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in taken]
    groups = [
        {
            "params": [parameter for parameter in rest if parameter.ndim > 1],
            "weight_decay": training.weight_decay,
        },
        {"params": [parameter for parameter in rest if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    optimisers: list[Optimizer] = [AdamW(groups)]
    if matrices:
        muon = {"params": matrices, "share": training.muon, "weight_decay": training.weight_decay}
        optimisers.append(Muon([muon], adjust_lr_fn="match_rms_adamw"))
    return optimisers


def set_rate(optimisers: list[Optimizer], rate: float) -> None:
    """Give every group of parameters the learning rate, or its share of it."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate * group.get("share", 1.0)


def _matrices(model: nn.Module) -> list[Tensor]:
    blocks = (part for part in model.modules() if isinstance(part, ConvNeXtBlock | Conformer))
    layers = (layer for block in blocks for layer in block.modules())
    return [layer.weight for layer in layers if type(layer) is nn.Linear]
