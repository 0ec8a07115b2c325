"""What a bottleneck returns in training."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Quantised:
    """Latents after the bottleneck, the codes behind them, and what to optimise and log.

    latent: (B, C, T), differentiable by the bottleneck's straight-through rule.
    codes: (B, N, T) in {0, 1} with gradient (binary) or (B, Q, T) int64 (RVQ, scalar).
    losses: weighted auxiliary losses, scalars.
    stats: detached scalars worth a column in the training log.
    """

    latent: Tensor
    codes: Tensor
    losses: dict[str, Tensor]
    stats: dict[str, Tensor]
