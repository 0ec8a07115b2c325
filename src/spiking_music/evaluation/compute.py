"""What the modules of a model do while it codes a clip: how often each runs, and its operations."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.noise import Noise
from spiking_music.models.parts import Decoder


@dataclass(frozen=True)
class Work:
    """How often a module runs, and the floating-point operations of it and all within it."""

    calls: float = 0
    flops: float = 0.0


class _Coding(nn.Module):
    """Audio (B, 1, T·hop) → what the decoder is given, as operations are told by modules."""

    def __init__(self, model: Autoencoder):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor, level: Tensor | None) -> Tensor:
        latent = self.model.quantise(x, level).latent
        return latent if self.model.after is None else self.model.after(latent, level)


class _Synthesis(nn.Module):
    """From there to audio; in training a decoder may do something else."""

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, latent: Tensor, noise: Noise) -> Tensor:
        return self.decoder.synthesize(latent, noise)


def work_of_coding(model: Autoencoder, x: Tensor) -> dict[str, Work]:
    """The work of each of the model's modules, by name, when it encodes and decodes `x`."""
    level = torch.zeros(len(x), dtype=torch.int64) if model.levels else None
    coding, synthesis = _Coding(model), _Synthesis(model.decoder)
    with torch.no_grad():
        latent = coding(x, level)
    work = {name.removeprefix("model."): done for name, done in _work(coding, x, level).items()}
    whole = whole_decode(model, lambda: _work(synthesis, latent, Noise(model.seed, (0,))))
    return work | whole | {"decoder": whole[""]}


def whole_decode(model: Autoencoder, run: Callable[[], Mapping[str, Work]]) -> dict[str, Work]:
    """What `run` tells of decoding with `model`, with all of its sampling steps.

    They all cost the same, so that two tell of any number.
    """
    decoder: Any = model.decoder
    steps = getattr(decoder, "sampling_steps", 1)
    if steps <= 2:
        return dict(run())
    runs = []
    for decoder.sampling_steps in (1, 2):
        runs.append(run())
    decoder.sampling_steps = steps
    total = {}
    for name, two in runs[1].items():
        one = runs[0].get(name, Work())
        calls = one.calls + (steps - 1) * (two.calls - one.calls)
        total[name] = Work(calls, one.flops + (steps - 1) * (two.flops - one.flops))
    return total


def flops(work: Callable[[], Any]) -> int:
    """Floating-point operations of `work`: convolutions, matrix products, Fourier transforms."""
    with FlopCounterMode(display=False, custom_mapping=FURTHER) as counter:
        work()
    return counter.get_total_flops()


def _work(module: nn.Module, *inputs: Any) -> dict[str, Work]:
    """Of the modules within `module`, by their names there."""
    calls: Counter[str] = Counter()
    hooks = [
        inner.register_forward_hook(lambda *_, name=name: calls.update([name]))
        for name, inner in module.named_modules()
    ]
    with torch.no_grad(), FlopCounterMode(display=False, custom_mapping=FURTHER) as counter:
        module(*inputs)
    for hook in hooks:
        hook.remove()
    counts = counter.get_flop_counts()
    prefix = f"{type(module).__name__}."
    found = {f"{name}.".removeprefix(prefix)[:-1]: sum(n.values()) for name, n in counts.items()}
    return {name: Work(times, found.get(name, 0)) for name, times in calls.items()}


def _lstm_flops(
    x: Sequence[int], into: Sequence[int], back: Sequence[int], *_: Any, **__: Any
) -> int:
    """Of one layer over x (T, B, inputs), with weights (4·width, inputs) and (4·width, width)."""
    return 2 * x[0] * x[1] * into[0] * (into[1] + back[1])


def _attention_flops(query: Sequence[int], key: Sequence[int], *_: Any, **__: Any) -> int:
    """Of queries (B, heads, T, D) with as many keys and values: two products of T × T × D."""
    batch, heads, steps, features = query
    return 2 * 2 * batch * heads * steps * key[2] * features


def _from_real(x: Sequence[int], dims: Sequence[int], *_: Any, **__: Any) -> int:
    """Of transforms of real numbers x along the one dimension that `dims` names, by radix 2."""
    return round(2.5 * math.prod(x) * math.log2(x[dims[-1]]))


def _to_real(
    x: Sequence[int], dims: Sequence[int], norm: int, size: int, *_: Any, **__: Any
) -> int:
    """Of the inverse transforms, of `size` real numbers each."""
    transforms = math.prod(x) // x[dims[-1]]
    return round(2.5 * transforms * size * math.log2(size))


FURTHER = {  # operators that torch's counter does not know
    torch.ops.aten.mkldnn_rnn_layer: _lstm_flops,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
    torch.ops.aten._fft_r2c: _from_real,
    torch.ops.aten._fft_c2r: _to_real,
}
