"""The ConvNeXt blocks of `models.backbones.spectral`, in numpy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-5  # of layer norm, as torch has it
Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]  # by the names that the module's weights have


@dataclass(frozen=True)
class Linear:
    """x (T, inputs) → x @ weight + bias, (T, outputs)."""

    weight: Floats  # (inputs, outputs)
    bias: Floats  # (outputs,)

    def __call__(self, x: Floats) -> Floats:
        y = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True)
class Block:
    """Depthwise convolution over time, then a perceptron on every step; keeps (T, width)."""

    taps: Floats  # (kernel, width)
    taps_bias: Floats
    expand: Linear  # with the norm's own factors in it
    contract: Linear  # with the block's scale in it

    def add_to(self, x: Floats) -> None:
        """x (T, width) += what the block makes of it."""
        from spiking_music.mdct.inference import kernels  # here, as it imports a compiler

        y = np.empty_like(x)
        kernels.convolve_and_norm(x, self.taps, self.taps_bias, y)
        h = y @ self.expand.weight
        kernels.gelu(h, self.expand.bias)
        x += self.contract(h)


class ConvNeXt:
    """x (T, inputs) → blocks at `width` → (T, outputs)."""

    def __init__(self, weights: Weights, depth: int) -> None:
        """weights: those of a `ConvNeXtBackbone`; `KeyError` where one is missing."""
        self._in = _linear(weights["in_proj.weight"][:, :, 0], weights["in_proj.bias"])
        self._norm_in = weights["norm_in.weight"], weights["norm_in.bias"]
        self._blocks = [_block(_under(f"blocks.{i}.", weights)) for i in range(depth)]
        self._out = _after_norm("norm_out", "out_proj", weights)

    def __call__(self, x: Floats) -> Floats:
        factor, shift = self._norm_in
        y = _normed(self._in(x))
        y *= factor
        y += shift
        for block in self._blocks:
            block.add_to(y)
        return self._out(_normed(y))


def _normed(x: Floats) -> Floats:
    """Each row of x (T, width) with mean 0 and variance 1."""
    x = x - x.mean(axis=1, keepdims=True)
    x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True) + np.float32(EPSILON))
    return x


def _block(weights: Weights) -> Block:
    scale = weights["scale"]
    contract = _linear(
        scale[:, None] * weights["contract.weight"], scale * weights["contract.bias"]
    )
    taps = np.ascontiguousarray(weights["depthwise.weight"][:, 0].T)
    expand = _after_norm("norm", "expand", weights)
    return Block(taps, weights["depthwise.bias"], expand, contract)


def _after_norm(norm: str, layer: str, weights: Weights) -> Linear:
    """A layer after a layer norm, whose factor and shift it takes over."""
    weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
    factor, shift = weights[f"{norm}.weight"], weights[f"{norm}.bias"]
    return _linear(weight * factor, bias + weight @ shift)


def _linear(weight: Floats, bias: Floats) -> Linear:
    """Of a weight (outputs, inputs), as torch has it."""
    return Linear(np.ascontiguousarray(weight.T), bias)


def _under(prefix: str, weights: Weights) -> Weights:
    """The weights whose names begin so, without that."""
    return {k.removeprefix(prefix): w for k, w in weights.items() if k.startswith(prefix)}
