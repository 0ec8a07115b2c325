"""Sums and draws over all processes of a training (DDP), so that they compute what one would.

Where there is one process, all of this leaves everything as it is, to the bit.
"""

from typing import Any

import torch
from torch import Tensor, distributed, nn


def processes() -> int:
    """How many train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Which of them this is, from 0 on."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def summed(x: Tensor) -> Tensor:
    """Sum of each element over the processes, differentiable: all must call it.

    Without gradients it is x itself: one process alone validates.
    """
    if processes() == 1 or not torch.is_grad_enabled():
        return x
    total: Tensor = _Sum.apply(x)
    return total


def drawn(value: Tensor) -> Tensor:
    """A random draw of the first process, for all."""
    if processes() > 1:
        distributed.broadcast(value, src=0)
    return value


def gathered(x: Tensor) -> Tensor:
    """What all processes have of a batch, x (B, …) each, in the order of the batch's crops."""
    if processes() == 1:
        return x
    parts = [torch.empty_like(x) for _ in range(processes())]
    distributed.all_gather(parts, x.contiguous())
    return torch.stack(parts, dim=1).flatten(0, 1)  # each process has every processes-th crop


class BatchNorm(nn.BatchNorm1d):
    """Batch norm of (B, C, T) by the statistics of the crops of all processes.

    torch's own `SyncBatchNorm` works on GPUs only.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalised x (B, C, T)."""
        if not self.training or processes() == 1:
            return super().forward(x)
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        y = x.float()
        count = processes() * x.shape[0] * x.shape[2]
        mean = summed(y.sum(dim=(0, 2))) / count  # (C,)
        centred = y - mean[:, None]
        variance = summed(centred.square().sum(dim=(0, 2))) / count
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
        scale = torch.rsqrt(variance + self.eps) * self.weight  # (C,)
        return (centred * scale[:, None] + self.bias[:, None]).to(x.dtype)


class _Sum(torch.autograd.Function):
    """All-reduce; so is its gradient, as each process's output depends on all inputs."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        total = x.detach().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        distributed.all_reduce(total)
        return total
