"""Small models of all kinds, a split of two shards of clips, and codes of it."""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch

from spiking_music import config as configuration
from spiking_music.config import EvaluationConfig, SignalConfig, VariantConfig
from spiking_music.data.shard import ShardFile
from spiking_music.evaluation.inference import encode_split
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import save_weights
from tests.conftest import DEFAULTS, ROOT

SAMPLES, HOP, UNITS, CODEBOOKS, SIZE = 8192, 512, 12, 3, 8
MELS, LEVEL = 10, 16
SMALL = f"""{{
    "signal": {{"clip_samples": {SAMPLES}, "hop": {HOP}}},
    "backbones": {{"spectral": {{"latent": 8, "width": 16, "depth": 1}}}},
    "bottlenecks": {{
        "rvq": {{"codebooks": {CODEBOOKS}, "codebook_size": {SIZE}}},
        "binary": {{"units": {UNITS}}},
        "mel": {{"n_mels": {MELS}}}
    }},
    "contexts": {{"conformer": {{"kind": "conformer", "layers": 1, "heads": 2, "kernel": 3}}}},
    "decoders": {{"diffusion-small": {{"sampling_steps": 2, "unet": {{
        "channels": [4, 8], "factors": [16, 32], "items": [1, 1], "attentions": [false, true],
        "heads": 1, "head_features": 4, "groups": 4, "features": 8, "context_depth": 1
    }}}}}},
    "evaluation": {{"batch_size": 2, "perceptual": false, "processes": 1}}
}}"""
SHARDS = {0: [0, 0, 1], 1: [2, 3]}  # shard: the performance of each clip
SILENT = 3  # a clip


@dataclass(frozen=True)
class Model:
    """A trained variant's file."""

    weights: Path
    config: VariantConfig


@dataclass(frozen=True)
class Split:
    """The shards of a split."""

    clips: list[Path]
    tables: list[Path]


def raw() -> dict:
    return configuration.read([*DEFAULTS, SMALL])


def experiment(name: str) -> ModuleType:
    """The script `name` of experiments/, which imports what lies beside it."""
    folder, own = ROOT / "experiments", f"experiment_{name}"  # Python has a module `codecs`
    spec = importlib.util.spec_from_file_location(own, folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[own] = module
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def settings() -> EvaluationConfig:
    return configuration.section(raw(), EvaluationConfig)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Model]:
    def make(variant: str, seed: int) -> Model:
        config = configuration.variant(raw(), variant)
        torch.manual_seed(seed)
        model = Autoencoder(config)
        with torch.no_grad():
            levels = torch.randint(config.levels, (8,)) if config.levels else None
            model(0.3 * torch.randn(8, 1, SAMPLES), levels)  # fills codebooks and batch norm
        path = tmp_path_factory.mktemp("models") / f"{variant}.safetensors"
        save_weights(model, config, path, {"steps": "7", "parameters": "1234"})
        return Model(path, config)

    return make


@pytest.fixture(scope="session")
def mu_sparse(make_model: Callable[[str, int], Model]) -> Model:
    return make_model("mu-sparse", 0)


@pytest.fixture(scope="session")
def mel(make_model: Callable[[str, int], Model]) -> Model:
    return make_model("mel", 0)


@pytest.fixture(scope="session")
def free(make_model: Callable[[str, int], Model]) -> Model:
    return make_model("free", 0)


@pytest.fixture(scope="session")
def rvq(make_model: Callable[[str, int], Model]) -> Model:
    return make_model("rvq", 0)


def write_split(folder: Path, shards: dict[int, list[int]], samples: int) -> Split:
    """Shards of coloured noise; clip `SILENT` is digital silence."""
    signal = SignalConfig(sample_rate=22050, clip_samples=samples, hop=HOP)
    draw, number, split = np.random.default_rng(5), 0, Split([], [])
    for shard, performances in shards.items():
        path = folder / f"test-{shard}.h5"
        with ShardFile(path, signal, "test", shard) as file:
            for _ in performances:
                noise = np.cumsum(draw.standard_normal(samples) - 0.5 * draw.standard_normal())
                pcm = np.rint(20000 * noise / np.abs(noise).max()).astype(np.int16)
                file.append(0 * pcm if number == SILENT else pcm, 1.0)
                number += 1
        offsets = [samples * i for i in range(len(performances))]
        table = pd.DataFrame({"performance": performances, "offset": offsets})
        table.to_csv(path.with_suffix(".csv"), index=False)
        split.clips.append(path)
        split.tables.append(path.with_suffix(".csv"))
    return split


@pytest.fixture(scope="session")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    return write_split(tmp_path_factory.mktemp("clips"), SHARDS, SAMPLES)


@pytest.fixture(scope="session")
def free_codes(free: Model, split: Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("codes") / "free.h5"
    encode_split(free.weights, split.clips, out, 2, LEVEL)
    return out


@pytest.fixture(scope="session")
def rvq_codes(rvq: Model, split: Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("codes") / "rvq.h5"
    encode_split(rvq.weights, split.clips, out, 2, LEVEL)
    return out


@pytest.fixture(scope="session")
def mu_codes(mu_sparse: Model, split: Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("codes") / "mu-sparse.h5"
    encode_split(mu_sparse.weights, split.clips, out, 2, LEVEL)
    return out


@pytest.fixture(scope="session")
def mel_codes(mel: Model, split: Split, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("codes") / "mel.h5"
    encode_split(mel.weights, split.clips, out, 2, LEVEL)
    return out
