"""The GAN decoder (Lisboa & Bellec 2024): discriminators that are trained beside the model.

Losses are those of EnCodec (arXiv 2210.13438, equations 4 to 6), and so is the balancer of their
gradients (section 3.4).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor

from spiking_music.config import GanConfig
from spiking_music.errors import ConfigError
from spiking_music.models.discriminator import Discriminators
from spiking_music.training.engine import Pass

NAMES = ("adversarial", "feature_matching", "discriminator")
Logits = Sequence[Tensor]
Features = Sequence[Sequence[Tensor]]


def discriminator_loss(real: Logits, fake: Logits) -> Tensor:
    """Hinge loss: real logits are pushed above 1, fake ones below -1; mean over scales.

    Feed the discriminators a detached estimate, or the gradient reaches the generator.

    Lisboa & Bellec 2024, decoders.
    """
    losses = [F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real, fake, strict=True)]
    return torch.stack(losses).mean()


def generator_loss(fake: Logits) -> Tensor:
    """Hinge loss: fake logits are pushed above 1; mean over scales.

    Lisboa & Bellec 2024, decoders.
    """
    return torch.stack([F.relu(1 - f).mean() for f in fake]).mean()


def feature_matching(real: Features, fake: Features) -> Tensor:
    """L1 distance of feature maps relative to the real ones' mean magnitude; mean over all maps.

    Lisboa & Bellec 2024, decoders.
    """
    losses = [
        F.l1_loss(f, r.detach()) / r.detach().abs().mean().clamp(min=1e-8)
        for real_maps, fake_maps in zip(real, fake, strict=True)
        for r, f in zip(real_maps, fake_maps, strict=True)
    ]
    return torch.stack(losses).mean()


class Balancer:
    """Rescales the gradient of each loss with respect to the output before they are summed.

    Loss i with gradient g_i contributes (w_i / sum of w) g_i / <||g_i||>, where <.> is a running
    mean over steps of the mean norm a clip. So the weights say how much of the gradient each
    loss makes, whatever its scale. Losses that do not act through the output (commitment, rate)
    stay outside.

    `average` joins the norms of all processes under DDP (`fabric.all_reduce`), so that their
    running means stay equal. Raises `ConfigError` where no weight is positive.

        loss = balancer({"mel": mel, "adversarial": adversarial}, estimate)
        fabric.backward(loss + commitment)

    Lisboa & Bellec 2024, decoders.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        decay: float = 0.999,
        average: Callable[[Tensor], Any] | None = None,
    ) -> None:
        if not any(weight > 0 for weight in weights.values()):
            raise ConfigError("no loss to balance has a positive weight: give at least one")
        self.weights = dict(weights)
        self.decay = decay
        self.average = average
        self.totals = dict.fromkeys(weights, 0.0)  # decayed sums of the norms
        self.counts = dict.fromkeys(weights, 0.0)  # and of the steps: their quotient has no bias

    def __call__(self, losses: Mapping[str, Tensor], output: Tensor) -> Tensor:
        """A scalar whose gradient with respect to `output` (B, ...) is the balanced one.

        Its value means nothing; log the losses. Every loss must have a weight; 0 switches it off.
        """
        gradients = {
            name: torch.autograd.grad(loss, output, retain_graph=True)[0]
            for name, loss in losses.items()
            if self.weights[name] > 0
        }
        self._update(gradients)
        total = sum(self.weights[name] for name in gradients)
        balanced = torch.zeros_like(output)
        for name, gradient in gradients.items():
            balanced += (self.weights[name] / total) / (self.norm(name) + 1e-12) * gradient
        return (output * balanced).sum()

    def norm(self, name: str) -> float:
        """Running mean of the gradient norm of a loss; 0 before its first step."""
        return self.totals[name] / self.counts[name] if self.counts[name] else 0.0

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must hold for the run to go on as if never stopped."""
        return {"totals": dict(self.totals), "counts": dict(self.counts)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up the running means of `state_dict`."""
        self.totals, self.counts = dict(state["totals"]), dict(state["counts"])

    def _update(self, gradients: Mapping[str, Tensor]) -> None:
        norms = torch.stack([g.flatten(1).norm(dim=1).mean() for g in gradients.values()])
        if self.average is not None:
            norms = self.average(norms)
        for name, norm in zip(gradients, norms.tolist(), strict=True):
            self.totals[name] = self.decay * self.totals[name] + norm
            self.counts[name] = self.decay * self.counts[name] + 1


class Adversary:
    """Discriminators of reconstructions, from train step `config.start` on, and their optimiser.

    Of the gradient that reaches the decoder's output, reconstruction, adversarial and feature
    matching losses make the shares that the configuration gives them. The balanced gradient is as
    strong as that of the reconstruction alone, so that the losses which do not act through the
    output (commitment, sparsity) keep their meaning when the adversary enters (*ours*).
    """

    def __init__(self, config: GanConfig, fabric: Fabric) -> None:
        self.start, self.teaches = config.start, config.start + config.alone
        self.fabric = fabric
        self.discriminators = Discriminators(config.discriminator)
        self.adamw = torch.optim.AdamW(
            self.discriminators.parameters(),
            lr=config.learning_rate,
            betas=(0.5, 0.9),
            weight_decay=0.0,
        )
        self.module, self.optimizer = fabric.setup(self.discriminators, self.adamw)
        shares = {
            "reconstruction": config.reconstruction,
            "adversarial": config.adversarial,
            "feature_matching": config.feature_matching,
        }
        self.balancer = Balancer(shares, config.balancer_decay, fabric.all_reduce)

    def total_loss(self, step: int, x: Tensor, done: Pass) -> Tensor:
        """Scalar to optimise the model by, of a pass over audio (B, 1, T_x); trains discriminators.

        The value of the scalar means nothing, only its gradient; the losses join the statistics of
        the pass. Before the discriminators teach the model it is the loss of the pass as it is.
        Statistics of what has not begun are nan.
        """
        done.stats |= dict.fromkeys(NAMES, torch.tensor(math.nan))
        if step < self.start:
            return done.loss
        assert done.estimate is not None  # a GAN decoder has an output
        done.stats["discriminator"] = self._train_discriminators(x, done.estimate.detach())
        if step < self.teaches:
            return done.loss
        reconstruction = torch.stack(list(done.terms.values())).sum()
        adversarial = self._losses(x, done.estimate)
        balanced = self.balancer({"reconstruction": reconstruction, **adversarial}, done.estimate)
        total = self.balancer.norm("reconstruction") * balanced
        total = torch.stack([total, *done.others.values()]).sum()
        done.stats |= {name: loss.detach() for name, loss in adversarial.items()}
        return total

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

    def _train_discriminators(self, x: Tensor, estimate: Tensor) -> Tensor:
        """One step of the discriminators; their loss."""
        logits, _ = self.module(torch.cat([x, estimate]))
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
