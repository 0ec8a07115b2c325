"""How a step is executed: device, precision, processes (Lightning Fabric) and random numbers."""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment, SLURMEnvironment
from lightning_fabric.plugins.precision import MixedPrecision
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn

from spiking_music.config import TrainingConfig, VariantConfig
from spiking_music.errors import ConfigError
from spiking_music.models import across
from spiking_music.training.losses import ReconstructionLoss
from spiking_music.training.rate_losses import make_sparsity


class Autocast(MixedPrecision):
    """Mixed precision that leaves inputs alone: Fabric's would round the waveform to bfloat16."""

    def convert_input(self, data: Any) -> Any:
        return data

    def convert_output(self, data: Any) -> Any:
        return data


class Pass:
    """What one pass over a batch gave; no dataclass, or Fabric would forbid gradients of its parts.

    estimate: (B, 1, T_x), the reconstruction; None with a diffusion decoder.
    terms: weighted losses, scalars, that act through the estimate.
    others: weighted losses, scalars, that do not.
    stats: detached scalars for the log.
    """

    def __init__(
        self,
        estimate: Tensor | None,
        terms: dict[str, Tensor],
        others: dict[str, Tensor],
        stats: dict[str, Tensor],
    ) -> None:
        self.estimate = estimate
        self.terms = terms
        self.others = others
        self.stats = stats

    @property
    def losses(self) -> dict[str, Tensor]:
        """All losses by name."""
        return self.terms | self.others

    @property
    def loss(self) -> Tensor:
        """Their sum."""
        return torch.stack(list(self.losses.values())).sum()


class Objective(nn.Module):
    """Model and losses as one module, so that autocast and DDP wrap both."""

    def __init__(
        self, model: nn.Module, reconstruction: ReconstructionLoss, config: VariantConfig
    ) -> None:
        super().__init__()
        self.model = model
        self.reconstruction = reconstruction
        self.levels = config.levels
        self.sparsity = make_sparsity(config)

    def forward(self, x: Tensor, step: int) -> Pass:
        """One pass over audio (B, 1, T_x), at levels that are drawn from the global generator."""
        level = draw_levels(self.levels, len(x)).to(x.device) if self.levels else None
        output = self.model(x, level)
        terms = {} if output.audio is None else self.reconstruction(output.audio, x)
        others, stats = dict(output.losses), dict(output.stats)
        if self.sparsity is not None:
            others["sparsity"], more = self.sparsity(output.codes, level, step)
            stats |= more
        return Pass(output.audio, terms, others, stats)


def draw_levels(levels: int, clips: int) -> Tensor:
    """A level for each clip, (clips,) int64: a random one of each of as many shares of all levels.

    Independent draws would make the statistics of a small batch, which batch norm goes by, a matter
    of luck: latents of some levels are several times as large as those of others. One random shift
    for the whole batch splits the levels into groups that never meet, and of which some settled at
    0.8 and others at 1.2 of their targets S_0(μ) (*ours*). Several processes share out the levels
    of one batch as they do its clips.
    """
    total = clips * across.processes()
    places = across.rank() + torch.arange(clips) * across.processes()
    within = across.drawn(torch.rand(total))[places]
    return ((places + within) * levels / total).long().clamp(max=levels - 1)


def make_fabric(training: TrainingConfig) -> Fabric:
    """Fabric for `training`; `ConfigError` where this machine lacks the accelerator or devices."""
    cuda = training.accelerator != "cpu" and torch.cuda.is_available()
    device: Literal["cuda", "cpu"] = "cuda" if training.accelerator == "cuda" or cuda else "cpu"
    # a process spawns the others, also in a SLURM job, unless srun has started one a device
    several = training.processes > 1
    launched = several and os.environ.get("SLURM_STEP_NUM_TASKS") == str(training.processes)
    if training.nodes > 1 and not launched:
        raise ConfigError(
            f"training.nodes {training.nodes} needs a process a device on as many nodes: run the "
            "workflow with `--profile slurm`, whose job srun starts them in, or set training.nodes "
            "to 1"
        )
    plugins: list[Any] = [SLURMEnvironment() if launched else LightningEnvironment()]
    if training.precision != "32-true":
        plugins.append(Autocast(training.precision, device))
    try:
        return Fabric(
            accelerator=device,
            devices=training.devices,
            num_nodes=training.nodes,
            strategy=("ddp" if launched else "ddp_spawn") if several else "auto",
            plugins=plugins,
        )
    except (MisconfigurationException, RuntimeError) as error:
        raise ConfigError(
            f"training.accelerator '{training.accelerator}' with {training.devices} device(s) is "
            f"not to be had on this machine ({error}): choose another"
        ) from None


@contextmanager
def deterministic(threads: int) -> Iterator[None]:
    """Equal inputs give equal bits, within; operations that cannot on CUDA warn.

    threads: of this process on CPUs, whatever its environment says: sums depend on them.
    """
    before, threads_before = torch.are_deterministic_algorithms_enabled(), torch.get_num_threads()
    torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # which cuBLAS asks for
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.set_num_threads(threads_before)


def seed_everything(seed: int, step: int, rank: int = 0) -> None:
    """Seed every global generator from (seed, step, rank), so that none needs saving."""
    number = int(np.random.SeedSequence([seed, step, rank]).generate_state(1)[0])
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - libraries may draw from it
    torch.manual_seed(number)  # of all devices


def clip_gradients(fabric: Fabric, module: nn.Module, optimisers: list[Any], most: float) -> Tensor:
    """Scale the gradients of each optimiser to a norm of at most `most`; their norm before."""
    norms = [
        fabric.clip_gradients(module, optimiser, max_norm=most, error_if_nonfinite=False)
        for optimiser in optimisers
    ]
    return torch.stack([norm for norm in norms if norm is not None]).norm()


def averaged(fabric: Fabric, row: dict[str, Any]) -> dict[str, Any]:
    """Numbers and scalar tensors, each its mean over all processes."""
    if fabric.world_size == 1:
        return row
    values = [torch.as_tensor(value, dtype=torch.float32).detach().cpu() for value in row.values()]
    means = fabric.all_reduce(torch.stack(values).to(fabric.device), reduce_op="mean")
    return dict(zip(row, means, strict=True))


def any_process(fabric: Fabric, *flags: bool) -> list[bool]:
    """Each flag, true if it is so in any process: what all must know to end together."""
    if fabric.world_size == 1:
        return list(flags)
    mine = torch.tensor(flags, dtype=torch.float32, device=fabric.device)
    counts = fabric.all_reduce(mine, reduce_op="sum")
    return [bool(count) for count in counts]
