"""A built model as a table: its blocks, their output shapes, parameters and compute."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from spiking_music.config import VariantConfig
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

    channels × length is the output's shape. flops: floating point operations (2 a multiply-add) of
    convolutions and matrix products a second of audio. parameters: learned values, codebooks too.
    """

    part: str  # as `PARTS` calls it
    name: str
    repeats: int
    channels: int
    length: int
    parameters: int
    flops: float


@dataclass(frozen=True)
class Row:
    """What becomes a block: its name, the modules it stands for, and the one that ends it."""

    name: str
    modules: tuple[str, ...]
    end: str


def write_blocks(config: VariantConfig, out: Path) -> None:
    """Write the blocks of the variant `config` as a table (.csv): a row a `Block`."""
    write_csv(pd.DataFrame([asdict(block) for block in blocks(config)]), out)


def blocks(config: VariantConfig) -> list[Block]:
    """The blocks of the variant's model in the order of the data, measured on one clip.

    Of a diffusion decoder, compute is that of one evaluation of its network.
    """
    with torch.random.fork_rng(devices=[]):  # nobody's random numbers change by drawing a figure
        model = model_of(config)
        shapes, flops = _measured(model, torch.zeros(1, 1, config.signal.clip_samples))
    seconds = config.signal.clip_samples / config.signal.sample_rate
    found: list[Block] = []
    for part, called in PARTS.items():
        for row in _unfold(part, getattr(model, part), shapes):
            learned = sum(_learned(model.get_submodule(name)) for name in row.modules)
            work = sum(flops.get(name, 0) for name in row.modules) / seconds
            block = Block(called, row.name, 1, *shapes[row.end], learned, work)
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


def _measured(model: Autoencoder, x: Tensor) -> tuple[dict[str, Shape], dict[str, int]]:
    """Output shape and compute (FLOP) of every module that is called when `model` sees `x`."""
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
    level = torch.zeros(len(x), dtype=torch.int64) if model.levels else None
    with torch.no_grad(), FlopCounterMode(display=False, custom_mapping=FUSED) as counter:
        model(x, level)
    for hook in hooks:
        hook.remove()
    shapes["decoder"] = (1, x.shape[2])  # of diffusion, what is learned from has another shape
    counts = counter.get_flop_counts()
    prefix = f"{type(model).__name__}."
    return shapes, {name.removeprefix(prefix): sum(ops.values()) for name, ops in counts.items()}


def _lstm_flops(
    x: Sequence[int], into: Sequence[int], back: Sequence[int], *_: Any, **__: Any
) -> int:
    """Of one layer over x (T, B, inputs), with weights (4·width, inputs) and (4·width, width)."""
    return 2 * x[0] * x[1] * into[0] * (into[1] + back[1])


def _attention_flops(query: Sequence[int], key: Sequence[int], *_: Any, **__: Any) -> int:
    """Of queries (B, heads, T, D) with as many keys and values: two products of T × T × D."""
    batch, heads, steps, features = query
    return 2 * 2 * batch * heads * steps * key[2] * features


FUSED = {  # operators that torch's counter does not know
    torch.ops.aten.mkldnn_rnn_layer: _lstm_flops,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
}


def _unfold(name: str, module: nn.Module | None, shapes: dict[str, Shape]) -> Iterator[Row]:
    """Rows of what is inside `module`.

    A composite yields its children; then itself where it ends in another size than they do, for
    what it does on top. Modules that are not called, activations and changes of shape are left out.
    """
    if isinstance(module, Level):
        yield from _unfold_level(name, module, shapes)
        return
    if module is None or not drawn(module).composite:
        shown = name in shapes and not isinstance(module, SHAPELESS)
        if module is not None and shown and drawn(module).name:
            yield Row(_name(module), (name,), name)
        return
    last = name
    for child, inner in module.named_children():
        for row in _unfold(f"{name}.{child}", inner, shapes):
            last = row.end
            yield row
    if name in shapes and sorted(shapes[name]) != sorted(shapes[last]):
        yield Row(_name(module), (), name)


def _unfold_level(name: str, level: Level, shapes: dict[str, Shape]) -> Iterator[Row]:
    """A level of the U-Net: a row down, the levels within, a row up."""
    count = len(level.down_items)
    first = level.down_items[0]
    extras = {"codes in": first.injection, "attention": first.attention}
    items = f"{count} item{'s' * (count > 1)}"
    what = ", ".join([items, *(extra for extra, module in extras.items() if module is not None)])
    factor = level.down.stride[0]
    down, up = ([f"{name}.{side}_items.{i}" for i in range(count)] for side in ("down", "up"))
    yield Row(f"down {factor}, {what}", (f"{name}.down", *down), f"{name}.down")
    yield from _unfold(f"{name}.within", level.within, shapes)
    yield Row(f"{what}, up {factor}", (*up, f"{name}.up", f"{name}.gate"), name)


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
