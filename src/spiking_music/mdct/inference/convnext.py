"""The ConvNeXt blocks of `models.backbones.spectral`, in numpy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking_music.config.sections import ConvNeXtConfig

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

    @property
    def reach(self) -> int:
        """Frames to either side that it depends on."""
        return len(self.taps) // 2

    def add_to(self, x: Floats) -> None:
        """x (T, width) += what the block makes of it."""
        from spiking_music.mdct.inference import kernels  # here, as it imports a compiler

        y = np.empty_like(x)
        kernels.convolve_and_norm(x, self.taps, self.taps_bias, y)
        h = y @ self.expand.weight
        kernels.gelu(h, self.expand.bias)
        x += self.contract(h)


class ConvNeXt:
    """x (T, inputs) → blocks at `width` → (kept, outputs), of the frames that are asked for only.

    Each block looks `reach` frames to either side, so that the later ones have fewer to work on.
    """

    def __init__(self, weights: Weights, inputs: int, outputs: int, config: ConvNeXtConfig) -> None:
        """weights: those of a `ConvNeXtBackbone`; `ValueError` where they are not."""
        wanted, found = _shapes(inputs, outputs, config), {k: w.shape for k, w in weights.items()}
        if found != wanted:
            raise ValueError(f"weights of shapes {found} where {wanted} belong")
        self._in = _linear(weights["in_proj.weight"][:, :, 0], weights["in_proj.bias"])
        self._norm_in = weights["norm_in.weight"], weights["norm_in.bias"]
        self._blocks = [_block(_under(f"blocks.{i}.", weights)) for i in range(config.depth)]
        self._out = _after_norm("norm_out", "out_proj", weights)

    def __call__(self, x: Floats, kept: range) -> Floats:
        factor, shift = self._norm_in
        reach = sum(block.reach for block in self._blocks)
        around = _around(kept, reach, len(x))
        y = _normed(self._in(x[around.start : around.stop]))
        y *= factor
        y += shift
        for block in self._blocks:
            block.add_to(y)
            reach -= block.reach
            before, around = around, _around(kept, reach, len(x))
            y = y[around.start - before.start : around.stop - before.start]
        return self._out(_normed(y))


def _shapes(inputs: int, outputs: int, config: ConvNeXtConfig) -> dict[str, tuple[int, ...]]:
    """Shapes by name of all weights of a `ConvNeXtBackbone`."""
    width, wide = config.width, config.expansion * config.width
    block: dict[str, tuple[int, ...]] = {
        "scale": (width,),
        "depthwise.weight": (width, 1, config.kernel),
        "depthwise.bias": (width,),
        "norm.weight": (width,),
        "norm.bias": (width,),
        "expand.weight": (wide, width),
        "expand.bias": (wide,),
        "contract.weight": (width, wide),
        "contract.bias": (width,),
    }
    ends: dict[str, tuple[int, ...]] = {
        "in_proj.weight": (width, inputs, 1),
        "in_proj.bias": (width,),
        "norm_in.weight": (width,),
        "norm_in.bias": (width,),
        "norm_out.weight": (width,),
        "norm_out.bias": (width,),
        "out_proj.weight": (outputs, width),
        "out_proj.bias": (outputs,),
    }
    blocks = range(config.depth)
    return ends | {f"blocks.{i}.{name}": shape for i in blocks for name, shape in block.items()}


def _around(kept: range, reach: int, steps: int) -> range:
    """The frames that `kept` depends on, of 0 .. `steps` − 1."""
    return range(max(0, kept.start - reach), min(steps, kept.stop + reach))


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
