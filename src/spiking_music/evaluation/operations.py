"""The multiply-accumulates of a model that encodes and decodes, counted while it does.

Convolutions and matrix products as for figure 2, and Fourier transforms: of n real numbers
5/4·n·log2(n), half of the 5/2·n·log2(n) floating-point operations of a radix-2 FFT.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from spiking_music.config import VariantConfig
from spiking_music.evaluation.architecture import model_of
from spiking_music.evaluation.compute import Work, flops, whole_decode
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
        encoder = flops(lambda: model.encode(x, level))
        decoder = whole_decode(
            model, lambda: {"": Work(flops=flops(lambda: model.decode(codes, level)))}
        )[""].flops
        fan_out, first = _first_layer(model, codes, config.bottleneck.layout)
    mega = 1e6 * config.signal.clip_samples / config.signal.sample_rate
    return Operations(encoder / 2 / mega, decoder / 2 / mega, fan_out, first / mega)


def _first_layer(model: Autoencoder, codes: Tensor, layout: str) -> tuple[float, float]:
    """Fan-out of an event, and multiply-accumulates of the layer over codes (1, N, T)."""
    if model.kind != "binary":
        return np.nan, np.nan
    units, steps = codes.shape[1:]
    if quantised := parse_layout(layout):  # levels of coefficients: each adds its basis function
        return model.hop, quantised.bins * model.hop * steps
    first = flops(lambda: model.bottleneck.decode(codes)) / 2
    return first / (units * steps), first
