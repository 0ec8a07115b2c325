"""Loss balancer (EnCodec, arXiv 2210.13438, section 3.4): weights say shares of the gradient."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from spiking_music.errors import ConfigError


class Balancer:
    """Rescales the gradient of each loss with respect to the output before they are summed.

    Lisboa & Bellec 2024, decoders: the balancer of EnCodec.
    Loss i with gradient g_i contributes (w_i / sum of w) g_i / <||g_i||>, where <.> is a running
    mean over steps of the mean norm a clip. So the weights say how much of the gradient each
    loss makes, whatever its scale. Losses that do not act through the output (commitment, rate)
    stay outside.

    `average` joins the norms of all processes under DDP (`fabric.all_reduce`), so that their
    running means stay equal. Raises `ConfigError` where no weight is positive.

        loss = balancer({"mel": mel, "adversarial": adversarial}, estimate)
        fabric.backward(loss + commitment)
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
