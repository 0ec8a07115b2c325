"""A moving average of the weights: what is validated and published."""

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Model = TypeVar("Model", bound=nn.Module)


class Ema(Generic[Model]):
    """`model`, in eval mode, follows another model of its kind: `update` after every step.

    Parameters are averaged with `decay`, which warms up as (1 + step) / (10 + step) so that the
    initial weights are soon forgotten. Buffers are copied: batch-norm statistics and RVQ codebooks
    are moving averages already, so a second average would only lag, and an average of a code with
    its replacement, or of a flag or a counter, is a value that never was.
    """

    def __init__(self, model: Model, decay: float) -> None:
        self.decay = decay
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: Model, step: int) -> None:
        """Take in the weights after `step` steps (1, 2, …)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.model.parameters()), list(model.parameters()), 1 - decay)
        for mine, theirs in zip(self.model.buffers(), model.buffers(), strict=True):
            mine.copy_(theirs)
