"""Heaviside steps H(l) = [l > 0] that pass a pseudo-derivative backward (Lisboa & Bellec 2024)."""

from typing import Any, Literal

import torch
from torch import Tensor


class Triangle(torch.autograd.Function):
    """H'(l) = max(0, 1 − |l|): gradient only where a unit is near its threshold.

    Lisboa & Bellec 2024, FREE, pseudo-derivative.
    """

    @staticmethod
    def forward(ctx: Any, l: Tensor) -> Tensor:  # noqa: E741 - the paper's symbol
        ctx.save_for_backward(l)
        return (l > 0).to(l.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (l,) = ctx.saved_tensors  # noqa: E741
        return gradients[0] * (1 - l.abs()).clamp(min=0)


def triangle(l: Tensor) -> Tensor:  # noqa: E741
    """0 or 1 of `l`'s shape; backward multiplies by max(0, 1 − |l|).

    Lisboa & Bellec 2024, FREE, pseudo-derivative.
    """
    return Triangle.apply(l)


def sigmoid(l: Tensor) -> Tensor:  # noqa: E741
    """0 or 1 of `l`'s shape; backward multiplies by σ(l)·(1 − σ(l)), straight-through (*ours*)."""
    soft = torch.sigmoid(l)
    return soft + ((l > 0).to(l.dtype) - soft).detach()


SURROGATES = {"triangle": triangle, "sigmoid": sigmoid}


def heaviside(l: Tensor, surrogate: Literal["triangle", "sigmoid"]) -> Tensor:  # noqa: E741
    """H(l) with the pseudo-derivative named `surrogate`."""
    return SURROGATES[surrogate](l)
