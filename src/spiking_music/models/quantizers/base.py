"""What all bottlenecks have in common: the interface, what codes must be, and what is logged."""

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from spiking_music.errors import CodeError
from spiking_music.models.parts import Part


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


class Quantizer(Part):
    """Real latents (B, C, T) ↔ discrete codes (B, rows, T).

    alignment: frames of which blocks of codes have to be multiples.
    derived: names, in the state, of tensors that follow from the rest. Files may do without them:
    loading adds what is not there.
    """

    alignment: int = 1

    @property
    def derived(self) -> frozenset[str]:
        return frozenset()

    @abstractmethod
    def forward(self, latent: Tensor) -> Quantised:
        """For training."""

    @abstractmethod
    def encode(self, latent: Tensor) -> Tensor:
        """Codes: (B, N, T) uint8 events or (B, Q, T) int64 indices."""

    @abstractmethod
    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T); `CodeError` where `codes` are none of this model's."""


def require_indices(codes: Tensor, rows: int, size: int) -> None:
    """`CodeError` unless `codes` are (B, `rows`, T), each in 0..`size` − 1."""
    if codes.ndim != 3 or codes.shape[1] != rows:
        raise CodeError(
            f"the model decodes indices of shape (B, {rows}, T), not {tuple(codes.shape)}"
        )
    if codes.numel() and (codes.min() < 0 or codes.max() >= size):
        raise CodeError(f"indices must lie in 0..{size - 1}; these do not")


def event_statistics(z: Tensor) -> dict[str, Tensor]:
    """Of events (B, N, T): density, units never or always on, i.i.d. entropy in bits a frame."""
    share = z.float().mean(dim=(0, 2))  # (N,), of frames in which a unit fires
    entropy = torch.special.entr(share) + torch.special.entr(1 - share)  # nats
    return {
        "density": share.mean(),
        "dead_units": ((share == 0) | (share == 1)).sum().float(),
        "entropy_bits": entropy.sum() / math.log(2),
    }


def index_statistics(codes: Tensor, size: int) -> dict[str, Tensor]:
    """Of indices (B, Q, T): share of codes in use; entropy in bits a frame, summed over Q."""
    counts = torch.stack([torch.bincount(q.flatten(), minlength=size) for q in codes.unbind(1)])
    share = counts / counts.sum(dim=1, keepdim=True)  # (Q, K)
    return {
        "codebook_usage": (counts > 0).float().mean(),
        "entropy_bits": torch.special.entr(share).sum() / math.log(2),
    }
