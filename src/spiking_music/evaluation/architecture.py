"""A built model as a table: its blocks, their output shapes, parameters and compute."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from spiking_music.config import VariantConfig
from spiking_music.evaluation.compute import Work, work_of_coding
from spiking_music.files import write_csv
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.diffusion.unet import Level
from spiking_music.models.parts import Drawn

PARTS = {  # of the model, in the order of the data, and what they are called
    "encoder": "encoder",
    "before": "context",
    "bottleneck": "bottleneck",
    "after": "context",
    "decoder": "decoder",
}
CONVOLUTIONS = (nn.Conv1d, nn.ConvTranspose1d, nn.Conv2d, nn.ConvTranspose2d)
SHAPELESS = (nn.ELU, nn.Flatten, nn.Unflatten)  # what is not shown
Shape = tuple[int, int]  # channels, length
TORCH = {  # torch's own modules; ours say themselves how they are drawn
    nn.Sequential: Drawn("", composite=True),
    nn.ModuleList: Drawn("", composite=True),
    nn.Conv1d: Drawn("convolution"),
    nn.LayerNorm: Drawn("layer norm", channels_last=True),
    nn.Linear: Drawn("linear", channels_last=True),
    nn.Embedding: Drawn("level embedding"),
}


@dataclass(frozen=True)
class Block:
    """`repeats` equal blocks in a row; parameters and compute are those of all of them.

    channels × length is the output's shape. evaluations: how often coding runs the block; of a
    sampler's network, once a step. flops: floating point operations (2 a multiply-add) of all of
    them a second of audio: convolutions, matrix products and Fourier transforms. parameters:
    learned values, codebooks too.
    """

    part: str  # as `PARTS` calls it
    name: str
    repeats: int
    channels: int
    length: int
    evaluations: int
    parameters: int
    flops: float


@dataclass(frozen=True)
class Row:
    """What becomes a block: its name, the modules it stands for, the one that ends it, and FLOP."""

    name: str
    modules: tuple[str, ...]
    end: str
    flops: float


@dataclass(frozen=True)
class Measured:
    """What is known of every module that is called, by its name."""

    shapes: dict[str, Shape]
    work: dict[str, Work]

    def row(self, name: str, modules: tuple[str, ...], end: str) -> Row:
        """The row `name` of whole `modules`."""
        flops = sum(self.work[each].flops for each in modules if each in self.work)
        return Row(name, modules, end, flops)


def write_blocks(config: VariantConfig, out: Path) -> None:
    """Write the blocks of the variant `config` as a table (.csv): a row a `Block`."""
    write_csv(pd.DataFrame([asdict(block) for block in blocks(config)]), out)


def blocks(config: VariantConfig) -> list[Block]:
    """The blocks of the variant's model in the order of the data, measured on one clip that is
    encoded and decoded."""
    with torch.random.fork_rng(devices=[]):  # nobody's random numbers change by drawing a figure
        model = model_of(config)
        shapes, work = _measured(model, torch.zeros(1, 1, config.signal.clip_samples))
    seconds = config.signal.clip_samples / config.signal.sample_rate
    found: list[Block] = []
    for part, called in PARTS.items():
        for row in _unfold(part, getattr(model, part), Measured(shapes, work)):
            learned = sum(_learned(model.get_submodule(name)) for name in row.modules)
            times = int(work[row.end].calls)
            block = Block(
                called, row.name, 1, *shapes[row.end], times, learned, row.flops / seconds
            )
            if found and found[-1] == replace(block, **_times(block, found[-1].repeats)):
                block = replace(block, **_times(block, found.pop().repeats + 1))
            found.append(block)
    return found


def model_of(config: VariantConfig) -> Autoencoder:
    """The variant's model at random weights, ready to be run."""
    model = Autoencoder(config).eval()
    for name, buffer in model.named_buffers():
        if name.endswith("started"):  # empty codebooks do: no shape depends on their values
            buffer.fill_(True)
    return model


def _times(block: Block, repeats: int) -> dict[str, Any]:
    """What changes when `block` stands `repeats` times in a row."""
    return {
        "repeats": repeats,
        "parameters": repeats * block.parameters,
        "flops": repeats * block.flops,
    }


def _measured(model: Autoencoder, x: Tensor) -> tuple[dict[str, Shape], dict[str, Work]]:
    """Output shape and work of every module that is called when `model` codes `x`."""
    shapes: dict[str, Shape] = {}

    def note(name: str, module: nn.Module, output: Any) -> None:
        tensor = output if isinstance(output, Tensor) else getattr(output, "codes", None)
        if tensor is not None and tensor.ndim == 2:  # one vector for all of a clip
            shapes[name] = (tensor.shape[1], 1)
        if tensor is not None and tensor.ndim == 4:  # an image: channels × frequencies
            tensor = tensor.flatten(1, 2)
        if tensor is not None and tensor.ndim == 3:
            channels, length = tensor.shape[1:]
            last = drawn(module).channels_last
            shapes[name] = (length, channels) if last else (channels, length)

    hooks = [
        module.register_forward_hook(
            lambda module, _, output, name=name: note(name, module, output)
        )
        for name, module in model.named_modules()
    ]
    work = work_of_coding(model, x)
    for hook in hooks:
        hook.remove()
    shapes["decoder"] = (1, x.shape[2])  # of diffusion, what is learned from has another shape
    return shapes, work


def _unfold(name: str, module: nn.Module | None, measured: Measured) -> Iterator[Row]:
    """Rows of what is inside `module`.

    A composite yields its children; then itself where it ends in another size than they do, or
    computes something itself. Modules that are not called, activations and changes of shape are
    left out.
    """
    shapes = measured.shapes
    if isinstance(module, Level):
        yield from _unfold_level(name, module, measured)
        return
    if module is None or not drawn(module).composite:
        shown = name in shapes and not isinstance(module, SHAPELESS)
        if module is not None and shown and drawn(module).name:
            yield measured.row(_name(module), (name,), name)
        return
    last, within = name, 0.0
    for child, inner in module.named_children():
        for row in _unfold(f"{name}.{child}", inner, measured):
            last, within = row.end, within + row.flops
            yield row
    own = measured.work[name].flops - within if name in measured.work else 0.0
    if name in shapes and (sorted(shapes[name]) != sorted(shapes[last]) or own > 0):
        yield Row(_name(module), (), name, own)


def _unfold_level(name: str, level: Level, measured: Measured) -> Iterator[Row]:
    """A level of the U-Net: a row down, the levels within, a row up."""
    count = len(level.down_items)
    first = level.down_items[0]
    extras = {"codes in": first.injection, "attention": first.attention}
    items = f"{count} item{'s' * (count > 1)}"
    what = ", ".join([items, *(extra for extra, module in extras.items() if module is not None)])
    factor = level.down.stride[0]
    down, up = ([f"{name}.{side}_items.{i}" for i in range(count)] for side in ("down", "up"))
    yield measured.row(f"down {factor}, {what}", (f"{name}.down", *down), f"{name}.down")
    yield from _unfold(f"{name}.within", level.within, measured)
    yield measured.row(f"{what}, up {factor}", (*up, f"{name}.up", f"{name}.gate"), name)


def drawn(module: nn.Module) -> Drawn:
    """How figure 2 shows the module; under the name of its class where nobody says."""
    own = getattr(module, "drawn", None) or TORCH.get(type(module))
    return own or Drawn(type(module).__name__)


def _learned(module: nn.Module) -> int:
    """Number of learned values: parameters, and codebooks, which moving averages train."""
    names = drawn(module).codebooks
    codebooks = (value for name, value in module.named_buffers() if name.endswith(names))
    return sum(value.numel() for value in (*module.parameters(), *codebooks))


def _name(module: nn.Module) -> str:
    """What the block is; kernel and stride of its first convolution, unless pointwise."""
    name = drawn(module).name
    first = next((inner for inner in module.modules() if isinstance(inner, CONVOLUTIONS)), None)
    if first is None or first.kernel_size == (1,):
        return name
    stride = f", stride {first.stride[0]}" if first.stride != (1,) else ""
    return f"{name}, kernel {first.kernel_size[0]}{stride}"
