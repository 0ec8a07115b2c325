"""The GAN decoder's opponent: discriminators, their optimiser, and the loss balancer."""

import math
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from spiking_music.config import GanConfig
from spiking_music.model.discriminator import Discriminators
from spiking_music.training.adversarial import (
    discriminator_loss,
    feature_matching,
    generator_loss,
)
from spiking_music.training.balancer import Balancer
from spiking_music.training.engine import Pass

NAMES = ("adversarial", "feature_matching", "discriminator")


class Adversary:
    """Judges reconstructions from step `config.start` on, and learns from each that it judges.

    Of the gradient that reaches the decoder's output, reconstruction, adversarial and feature
    matching losses make the shares that the configuration gives them. The balanced gradient is as
    strong as that of the reconstruction alone, so that the losses which do not act through the
    output (commitment, sparsity) keep their meaning when the adversary enters (*ours*).
    """

    def __init__(self, config: GanConfig, fabric: Fabric) -> None:
        self.start = config.start
        self.fabric = fabric
        self.discriminators = Discriminators(config.discriminator)
        self.adamw = torch.optim.AdamW(
            self.discriminators.parameters(),
            lr=config.learning_rate,
            betas=(0.5, 0.9),
            weight_decay=0.0,
        )
        self.learner, self.optimizer = fabric.setup(self.discriminators, self.adamw)
        shares = {
            "reconstruction": config.reconstruction,
            "adversarial": config.adversarial,
            "feature_matching": config.feature_matching,
        }
        self.balancer = Balancer(shares, config.balancer_decay, fabric.all_reduce)

    def judge(self, step: int, x: Tensor, done: Pass) -> Tensor:
        """Scalar to optimise the model by, of one pass over audio (B, 1, T_x).

        The value of the scalar means nothing, only its gradient; the losses join the statistics of
        the pass. Before the start it is the loss of the pass as it is, and the statistics are nan.
        """
        if step < self.start:
            done.stats |= dict.fromkeys(NAMES, torch.tensor(math.nan))
            return done.loss
        assert done.estimate is not None  # a GAN decoder has an output
        wrong = self._learn(x, done.estimate.detach())
        reconstruction = torch.stack(list(done.terms.values())).sum()
        opposed = self._losses(x, done.estimate)
        balanced = self.balancer({"reconstruction": reconstruction, **opposed}, done.estimate)
        guide = self.balancer.norm("reconstruction") * balanced
        guide = torch.stack([guide, *done.others.values()]).sum()
        done.stats |= {name: loss.detach() for name, loss in opposed.items()}
        done.stats["discriminator"] = wrong
        return guide

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must hold for the run to go on as if never stopped."""
        return {
            "discriminators": self.discriminators.state_dict(),
            "optimizer": self.adamw.state_dict(),
            "balancer": self.balancer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.discriminators.load_state_dict(state["discriminators"])
        self.adamw.load_state_dict(state["optimizer"])
        self.balancer.load_state_dict(state["balancer"])

    def _learn(self, x: Tensor, estimate: Tensor) -> Tensor:
        """One step of the discriminators; their loss."""
        logits, _ = self.learner(torch.cat([x, estimate]))
        real, fake = zip(*(scale.float().chunk(2) for scale in logits), strict=True)
        loss = discriminator_loss(real, fake)
        self.fabric.backward(loss)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.detach()

    def _losses(self, x: Tensor, estimate: Tensor) -> dict[str, Tensor]:
        """Adversarial and feature matching loss of the estimate.

        The module is called past its wrapper: under DDP, this pass reaches no weights to join.
        """
        with self.fabric.autocast():
            with torch.no_grad():
                _, real = self.discriminators(x)
            logits, fake = self.discriminators(estimate)
            adversarial, matching = generator_loss(logits), feature_matching(real, fake)
        return {"adversarial": adversarial, "feature_matching": matching}
