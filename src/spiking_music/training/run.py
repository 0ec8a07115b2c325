"""The state of one training run, and what a train step does to it."""

import time
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from spiking_music.config import GanConfig, VariantConfig
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.pretrained import start_weights
from spiking_music.training.checkpoint import copy_weights
from spiking_music.training.engine import Objective, Pass, clip_gradients, seed_everything
from spiking_music.training.gan import Adversary
from spiking_music.training.losses import ReconstructionLoss
from spiking_music.training.optim import Ema, learning_rate, make_optimisers, set_rate
from spiking_music.training.validation import CollapseMonitor


class Run:
    """Model, averaged weights, losses and optimisers as one process has them.

    `parts` are all that have a state, by the names that checkpoints give them. `fresh`: nothing is
    resumed, so that the model starts from the weights of `training.start_from`, where there are
    any. Raises as `copy_weights` and `make_optimisers` do.
    """

    def __init__(
        self,
        fabric: Fabric,
        config: VariantConfig,
        monitor: CollapseMonitor | None,
        fresh: bool,
    ) -> None:
        training, device = config.training, fabric.device
        self.fabric, self.config = fabric, config
        seed_everything(config.seed, 0)
        self.model = Autoencoder(config)
        start = start_weights(config)
        if start is not None and fresh:
            copy_weights(start, self.model, config)
        self.model.to(device)
        self.ema = Ema(self.model, training.ema_decay)
        self.reconstruction = ReconstructionLoss(training.loss, config.signal.sample_rate)
        self.reconstruction.to(device)
        module = Objective(self.model, self.reconstruction, config).to(device)
        self.optimisers = make_optimisers(module, training)
        self.objective, *self.steppers = fabric.setup(module, *self.optimisers)
        gan = config.decoder if isinstance(config.decoder, GanConfig) else None
        self.adversary = Adversary(gan, fabric) if gan else None
        parts: dict[str, Any] = {
            "model": self.model,
            "ema": self.ema.model,
            "precision": fabric.strategy.precision,  # 16-mixed: loss scale
            "adversary": self.adversary,
            "collapse": monitor,
            "sparsity": module.sparsity,
        }
        parts |= zip(("optimizer", "muon"), self.optimisers, strict=False)
        self.parts = {name: part for name, part in parts.items() if part is not None}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must hold for the run to go on as if never stopped."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned; `RuntimeError`, `ValueError` or `KeyError` if of
        another model."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])

    def step(self, step: int, x: Tensor) -> "Step":
        """Train step `step` (0, 1, …) on audio (B, 1, T_x)."""
        rate = learning_rate(step, self.config.training)
        set_rate(self.optimisers, rate)
        seed_everything(self.config.seed, step + 1, self.fabric.global_rank)
        passed = self.objective(x, step)
        loss = total_loss = passed.loss
        if self.adversary:
            total_loss = self.adversary.total_loss(step, x, passed)
        self.fabric.backward(total_loss)
        clip = self.config.training.gradient_clip
        norm = clip_gradients(self.fabric, self.objective, self.steppers, clip)
        for stepper in self.steppers:
            stepper.step()
            stepper.zero_grad()
        self.ema.update(self.model, step + 1)
        return Step(passed, loss, norm, rate)


class Step:
    """What a train step gave."""

    def __init__(self, passed: Pass, loss: Tensor, norm: Tensor, rate: float) -> None:
        self.passed = passed
        self.loss = loss  # of the model, without discriminators
        self.norm = norm  # of the gradients, before clipping
        self.rate = rate

    def finite(self, skips: bool) -> Tensor:
        """Whether loss and gradients are; `skips`: the optimiser skips infinite gradients."""
        finite = torch.isfinite(self.loss.detach())
        return finite if skips else finite & torch.isfinite(self.norm)

    def row(self) -> dict[str, Any]:
        """What the log says of it."""
        terms = {f"loss_{name}": term for name, term in self.passed.losses.items()}
        head = {"learning_rate": self.rate, "loss": self.loss.detach()}
        return head | terms | self.passed.stats | {"gradient_norm": self.norm}


class Clock:
    """How long a run has taken, earlier sessions included, and how much of it waited for data."""

    def __init__(self, seconds: float) -> None:
        self._started = time.monotonic() - seconds
        self._waited, self._since = 0.0, time.monotonic()

    def waited(self, since: float) -> None:
        """Count the time from `since` (`time.monotonic`) to now as waiting."""
        self._waited += time.monotonic() - since

    def seconds(self) -> float:
        return time.monotonic() - self._started

    def wait_share(self) -> float:
        """Share of waiting since `restart`."""
        return self._waited / (time.monotonic() - self._since)

    def restart(self) -> None:
        self._waited, self._since = 0.0, time.monotonic()
