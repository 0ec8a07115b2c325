"""An MDCT model as the pages hold it: weights, tables and what follows from the configuration.

Tables are computed here, so that a page needs no second version of how: thresholds and step sizes,
the powers to expect of bins, the sigmoid of the entropy model, who hears a bin's overtones.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from spiking_music.codec.entropy import load_tables
from spiking_music.codec.model_folder import CodecModel, load_model
from spiking_music.config import DeadzoneConfig, MdctConfig, StepSizeConfig, VariantConfig
from spiking_music.config.legacy import current_state
from spiking_music.errors import ConfigError
from spiking_music.mdct import context_network as network
from spiking_music.mdct.context_mixing import ContextMixingTables, overtones
from spiking_music.mdct.inference.network import BACKBONE
from spiking_music.mdct.inference.network import runs as runs_in_numpy
from spiking_music.mdct.inference.quantizer import Deadzone
from spiking_music.mdct.prior import QUIETEST, expected_power, low_bins
from spiking_music.mdct.thermometer import Layout
from spiking_music.models.backbones import compression
from spiking_music.models.metadata import opened
from spiking_music.models.shipped import TABLES, WEIGHTS
from spiking_music.rangecoder.probabilities import LARGEST, sigmoid_table

Tensors = dict[str, NDArray]


def runs(config: VariantConfig) -> bool:
    """Whether a page can decode a variant."""
    return runs_in_numpy(config)


def packed(path: Path | None = None) -> bytes:
    """The model of a folder or weights file, or the package's, as a safetensors file.

    Raises as `load_model`, and `ConfigError` for a model that is not of the MDCT codec or has no
    tables of its entropy model.
    """
    model = load_model(path)
    folder = model.path if model.path.is_dir() else model.path.parent
    if not runs(model.config) or not (folder / TABLES).is_file():
        raise ConfigError(
            f"a page decodes the MDCT codec with its entropy tables, which '{model.config.name}' "
            f"in '{folder}' is not: name an MDCT model, or none for the package's"
        )
    tables = load_tables(folder / TABLES)
    mixing = tables.context_mixing
    if not isinstance(mixing, ContextMixingTables):
        raise ConfigError(f"'{folder / TABLES}' lacks context mixing: fit its tables again")
    weights = model.path if model.path.is_file() else folder / WEIGHTS
    tensors = _weights(weights) | _mixing(mixing) | _constants(model.config)
    tensors["static"] = tables.static
    described = _described(model, Layout(*mixing.layout.tolist()))
    return save(
        {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)},
        {"config": json.dumps(described, sort_keys=True)},
    )


def _weights(path: Path) -> Tensors:
    """Those of the post-filter's network, as wide as they are stored."""
    with opened(path, "numpy") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return {name.removeprefix(BACKBONE): tensor for name, tensor in current_state(state).items()}


def _mixing(tables: ContextMixingTables) -> Tensors:
    layout = Layout(*tables.layout.tolist())
    heard = overtones(layout.bins)._asdict()
    return {
        **{f"net.{name}": tensor for name, tensor in tables.net._asdict().items()},
        **{f"transitions.{k}": chances for k, chances in tables.transitions._asdict().items()},
        **{f"overtones.{name}": places.astype(np.int32) for name, places in heard.items()},
        "sigmoid": sigmoid_table(),
        "sizes": network.SIZES,
    }


def _constants(config: VariantConfig) -> Tensors:
    backbone, bottleneck = config.backbone, config.bottleneck
    assert isinstance(backbone, MdctConfig) and isinstance(bottleneck, DeadzoneConfig)
    bands, offset = expected_power(backbone, config.signal.hop)
    quantizer = Deadzone(bottleneck)
    return {
        "expected.bands": bands,
        "expected.offset": offset[:, 0],
        "step_sizes": quantizer.step_sizes,
        "levels": quantizer.levels,
        "thresholds": quantizer.thresholds,
    }


def _described(model: CodecModel, layout: Layout) -> dict[str, Any]:
    """What the page's code reads as `config`."""
    config, context = model.config, model.network.context
    backbone, bottleneck = config.backbone, config.bottleneck
    assert isinstance(backbone, MdctConfig) and isinstance(bottleneck, DeadzoneConfig)
    steps = config.conditioning if isinstance(config.conditioning, StepSizeConfig) else None
    return {
        "name": config.name,
        "fingerprint": model.fingerprint.hex(),
        "sampleRate": config.signal.sample_rate,
        "hop": config.signal.hop,
        "blockSteps": model.header(config.signal.sample_rate).block_steps,
        "encoderContext": context.encoder,
        "decoderContext": context.decoder,
        "layout": {**_camel(layout._asdict()), "rows": layout.rows},
        "envelopeEdges": backbone.envelope_edges,
        "envelopeStep": bottleneck.envelope_step,
        "gainFrames": backbone.gain_frames,
        "quietest": QUIETEST,
        "levels": config.levels,
        "defaultLevel": config.default_level,
        "doubling": 1.0 if steps is None else steps.doubling,
        "fftSize": backbone.n_fft,
        "lowBins": low_bins(backbone, config.signal.hop),
        "network": {k: getattr(backbone, k) for k in ("width", "depth", "kernel", "expansion")},
        "compression": {
            "magnitude": compression.MAGNITUDE_EXPONENT,
            "wave": compression.WAVE_EXPONENT,
            "floor": compression.FLOOR,
            "maxLogGain": compression.MAX_LOG_GAIN,
        },
        "mixing": {
            "lags": network.LAGS,
            "reach": network.REACH,
            "signedLags": network.SIGNED_LAGS,
            "signedReach": network.SIGNED_REACH,
            "firstUnits": network.FIRST_UNITS,
            "signedUnits": network.SIGNED_UNITS,
            "secondUnits": network.SECOND_UNITS,
            "classes": network.CLASSES,
            "lately": network.LATELY,
            "roof": network.ROOF,
            "last": network.LAST,
            "aside": network.ASIDE,
            "largest": LARGEST,
        },
    }


def _camel(names: dict[str, Any]) -> dict[str, Any]:
    """Names as JavaScript has them."""
    parts = {name: name.split("_") for name in names}
    return {
        first + "".join(map(str.title, rest)): names[name] for name, (first, *rest) in parts.items()
    }


def config_of(model: bytes) -> dict[str, Any]:
    """What a packed model says of itself."""
    size = int.from_bytes(model[:8], "little")
    metadata = json.loads(model[8 : 8 + size])["__metadata__"]
    described: dict[str, Any] = json.loads(metadata["config"])
    return described
