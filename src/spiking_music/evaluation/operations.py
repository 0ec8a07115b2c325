"""The multiply-accumulates of a model that encodes and decodes, counted while it does.

Convolutions and matrix products as for figure 2, and Fourier transforms: of n real numbers
5/4·n·log2(n), half of the 5/2·n·log2(n) floating-point operations of a radix-2 FFT.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from spiking_music.config import VariantConfig
from spiking_music.evaluation.architecture import FUSED, model_of
from spiking_music.files import write_csv
from spiking_music.mdct.thermometer import parse_layout
from spiking_music.models.autoencoder import Autoencoder


@dataclass(frozen=True)
class Operations:
    """Millions of multiply-accumulates a second of audio.

    encoder_mmac: audio to codes. decoder_mmac: codes to audio, with all sampling steps.
    fan_out: how many numbers an event adds to in the first layer after the bottleneck;
    first_layer_mmac: what that layer takes as a matrix product. Both NaN where codes are no events.
    """

    encoder_mmac: float
    decoder_mmac: float
    fan_out: float
    first_layer_mmac: float


def write_operations(config: VariantConfig, out: Path) -> None:
    """Write `count` of the variant `config` as a table (.csv) of one row."""
    write_csv(pd.DataFrame([asdict(count(config))]), out)


@torch.no_grad()
def count(config: VariantConfig) -> Operations:
    """The operations of the variant's model, measured on one silent clip."""
    with torch.random.fork_rng(devices=[]):  # nobody's random numbers change
        model = model_of(config)
        x = torch.zeros(1, 1, config.signal.clip_samples)
        level = torch.zeros(1, dtype=torch.int64) if model.levels else None
        codes = model.encode(x, level)
        encoder = _macs(lambda: model.encode(x, level))
        decoder = _decoding(model, lambda: _macs(lambda: model.decode(codes, level)))
        fan_out, first = _first_layer(model, codes, config.bottleneck.layout)
    mega = 1e6 * config.signal.clip_samples / config.signal.sample_rate
    return Operations(encoder / mega, decoder / mega, fan_out, first / mega)


def _first_layer(model: Autoencoder, codes: Tensor, layout: str) -> tuple[float, float]:
    """Fan-out of an event, and multiply-accumulates of the layer over codes (1, N, T)."""
    if model.kind != "binary":
        return np.nan, np.nan
    units, steps = codes.shape[1:]
    if quantised := parse_layout(layout):  # levels of coefficients: each adds its basis function
        return model.hop, quantised.bins * model.hop * steps
    first = _macs(lambda: model.bottleneck.decode(codes))
    return first / (units * steps), first


def _decoding(model: Autoencoder, macs: Callable[[], float]) -> float:
    """`macs` of decoding. Sampling steps all cost the same, so that two tell of any number."""
    decoder: Any = model.decoder
    steps = getattr(decoder, "sampling_steps", 1)
    if steps <= 2:
        return macs()
    found = []
    for decoder.sampling_steps in (1, 2):
        found.append(macs())
    return found[0] + (steps - 1) * (found[1] - found[0])


def _macs(work: Callable[[], Any]) -> float:
    """Multiply-accumulates of `work`."""
    fourier = {torch.ops.aten._fft_r2c: _from_real, torch.ops.aten._fft_c2r: _to_real}
    with FlopCounterMode(display=False, custom_mapping={**FUSED, **fourier}) as counter:
        work()
    return counter.get_total_flops() / 2


def _from_real(x: Sequence[int], dims: Sequence[int], *_: Any, **__: Any) -> int:
    """FLOP of transforms of real numbers x along the one dimension that `dims` names."""
    return round(2.5 * math.prod(x) * math.log2(x[dims[-1]]))


def _to_real(
    x: Sequence[int], dims: Sequence[int], norm: int, size: int, *_: Any, **__: Any
) -> int:
    """FLOP of the inverse transforms, of `size` real numbers each."""
    transforms = math.prod(x) // x[dims[-1]]
    return round(2.5 * transforms * size * math.log2(size))
