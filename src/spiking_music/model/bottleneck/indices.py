"""What all bottlenecks have in common whose codes are indices (B, Q, T) in 0..K−1."""

import math

import torch
from torch import Tensor

from spiking_music.errors import CodeError


def require_indices(codes: Tensor, rows: int, size: int) -> None:
    """`CodeError` unless `codes` are (B, `rows`, T), each in 0..`size` − 1."""
    if codes.ndim != 3 or codes.shape[1] != rows:
        raise CodeError(
            f"the model decodes indices of shape (B, {rows}, T), not {tuple(codes.shape)}"
        )
    if codes.numel() and (codes.min() < 0 or codes.max() >= size):
        raise CodeError(f"indices must lie in 0..{size - 1}; these do not")


def statistics(codes: Tensor, size: int) -> dict[str, Tensor]:
    """Of indices (B, Q, T): share of codes in use; entropy in bits a step, summed over Q."""
    counts = torch.stack([torch.bincount(q.flatten(), minlength=size) for q in codes.unbind(1)])
    share = counts / counts.sum(dim=1, keepdim=True)  # (Q, K)
    return {
        "codebook_usage": (counts > 0).float().mean(),
        "entropy_bits": torch.special.entr(share).sum() / math.log(2),
    }
