"""Take a built model apart: its blocks, their output shapes, parameters and compute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from spiking_music.config import VariantConfig
from spiking_music.model.autoencoder import Autoencoder
from spiking_music.model.spectral import SpectralDecoder, SpectralEncoder, Trunk

COMPOSITES = (nn.Sequential, Trunk, SpectralEncoder, SpectralDecoder)  # shown by their children
CONVOLUTIONS = (nn.Conv1d, nn.ConvTranspose1d)
CHANNELS_LAST = (nn.Linear, nn.LayerNorm)  # (B, length, channels); all else is the other way round
Shape = tuple[int, int]  # channels, length
NAMES = {
    "Stft": "STFT",
    "Conv": "convolution",
    "Conv1d": "convolution",
    "Transposed": "transposed conv",
    "Residual": "residual block",
    "Recurrent": "LSTM",
    "ConvNeXtBlock": "ConvNeXt block",
    "LayerNorm": "layer norm",
    "Linear": "linear",
    "Binary": "binary units",
    "Rvq": "residual vector quantiser",
    "SpectralDecoder": "inverse STFT",
}


@dataclass(frozen=True)
class Block:
    """`repeats` equal blocks in a row; parameters and compute are those of all of them.

    channels × length is the output's shape. flops: floating point operations (2 a multiply-add) of
    convolutions and matrix products a second of audio. parameters: learned values, codebooks too.
    """

    part: str  # encoder, bottleneck or decoder
    name: str
    repeats: int
    channels: int
    length: int
    parameters: int
    flops: float


def blocks(config: VariantConfig) -> list[Block]:
    """The blocks of the variant's model in the order of the data, measured on one clip."""
    with torch.random.fork_rng(devices=[]):  # nobody's random numbers change by drawing a figure
        model = Autoencoder(config).eval()
    for name, buffer in model.named_buffers():
        if name.endswith("initted"):  # empty codebooks do: no shape depends on their values
            buffer.fill_(True)
    x = torch.zeros(1, 1, config.signal.clip_samples)
    shapes, flops = _measured(model, x)
    seconds = config.signal.clip_samples / config.signal.sample_rate
    found: list[Block] = []
    for part in ("encoder", "bottleneck", "decoder"):
        for name, module, whole in _unfold(part, getattr(model, part), shapes):
            learned, work = (_learned(module), flops.get(name, 0) / seconds) if whole else (0, 0.0)
            block = Block(part, _name(module), 1, *shapes[name], learned, work)
            if found and found[-1] == replace(block, **_times(block, found[-1].repeats)):
                block = replace(block, **_times(block, found.pop().repeats + 1))
            found.append(block)
    return found


def _times(block: Block, repeats: int) -> dict[str, Any]:
    """What changes when `block` stands `repeats` times in a row."""
    return {
        "repeats": repeats,
        "parameters": repeats * block.parameters,
        "flops": repeats * block.flops,
    }


def _measured(model: nn.Module, x: Tensor) -> tuple[dict[str, Shape], dict[str, int]]:
    """Output shape and compute (FLOP) of every module that is called when `model` sees `x`."""
    shapes: dict[str, Shape] = {}

    def note(name: str, module: nn.Module, output: Any) -> None:
        tensor = output if isinstance(output, Tensor) else getattr(output, "codes", None)
        if tensor is not None and tensor.ndim == 3:
            channels, length = tensor.shape[1:]
            last = isinstance(module, CHANNELS_LAST)
            shapes[name] = (length, channels) if last else (channels, length)

    hooks = [
        module.register_forward_hook(
            lambda module, _, output, name=name: note(name, module, output)
        )
        for name, module in model.named_modules()
    ]
    fused = {torch.ops.aten.mkldnn_rnn_layer: _lstm_flops}  # which the counter does not know
    with torch.no_grad(), FlopCounterMode(display=False, custom_mapping=fused) as counter:
        model(x)
    for hook in hooks:
        hook.remove()
    counts = counter.get_flop_counts()
    prefix = f"{type(model).__name__}."
    return shapes, {name.removeprefix(prefix): sum(ops.values()) for name, ops in counts.items()}


def _lstm_flops(
    x: Sequence[int], into: Sequence[int], back: Sequence[int], *_: Any, **__: Any
) -> int:
    """Of one layer over x (T, B, inputs), with weights (4·width, inputs) and (4·width, width)."""
    return 2 * x[0] * x[1] * into[0] * (into[1] + back[1])


def _unfold(
    name: str, module: nn.Module, shapes: dict[str, Shape]
) -> Iterator[tuple[str, nn.Module, bool]]:
    """Blocks inside `module`: name, module, and whether the row stands for all of the module.

    A composite yields its children; then itself where it ends in another shape than they do, for
    what it does on top. Modules that are not called, and activations, are left out.
    """
    if not isinstance(module, COMPOSITES):
        if name in shapes and not isinstance(module, nn.ELU):
            yield name, module, True
        return
    last = name
    for child, inner in module.named_children():
        for row in _unfold(f"{name}.{child}", inner, shapes):
            last = row[0]
            yield row
    if shapes[name] != shapes[last]:
        yield name, module, False


def _learned(module: nn.Module) -> int:
    """Number of learned values: parameters, and codebooks, which moving averages train."""
    codebooks = (value for name, value in module.named_buffers() if name.endswith("embed"))
    return sum(value.numel() for value in (*module.parameters(), *codebooks))


def _name(module: nn.Module) -> str:
    """What the block is; kernel and stride of its first convolution, unless pointwise."""
    name = NAMES.get(type(module).__name__, type(module).__name__)
    first = next((inner for inner in module.modules() if isinstance(inner, CONVOLUTIONS)), None)
    if first is None or first.kernel_size == (1,):
        return name
    stride = f", stride {first.stride[0]}" if first.stride != (1,) else ""
    return f"{name}, kernel {first.kernel_size[0]}{stride}"
