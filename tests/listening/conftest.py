"""A split of three performances by two composers, models of it, their codes, notes and tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from spiking_music import config as configuration
from spiking_music.config import RatingsConfig, SignalConfig
from spiking_music.data.midi import write_midi
from spiking_music.data.onsets import build_onsets
from spiking_music.data.shard import ShardFile
from spiking_music.evaluation.inference import encode_split
from spiking_music.evaluation.rates import fit_tables
from spiking_music.evaluation.tuning import write_tuning
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import save_weights
from tests.browser.stimuli import write_stimuli
from tests.conftest import DEFAULTS
from tests.workflow.folders import performance

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=16384, hop=512)
SMALL = """{
"signal": {"clip_samples": 16384},
"backbones": {"spectral": {"latent": 8, "width": 16, "depth": 1}},
"bottlenecks": {"rvq": {"codebooks": 3, "codebook_size": 8}, "binary": {"units": 12}},
"contexts": {"conformer": {"kind": "conformer", "layers": 1, "heads": 2, "kernel": 3}},
"decoders": {"diffusion-small": {"sampling_steps": 2, "unet": {
  "channels": [4, 8], "factors": [16, 32], "items": [1, 1], "attentions": [false, true],
  "heads": 1, "head_features": 4, "groups": 4, "features": 8, "context_depth": 1}}}}"""
LEVEL = 16
SHARDS = [[0, 0, 0, 2], [1, 1]]  # the performance of each clip of each shard
COMPOSERS = ["Bach", "Clara Schumann", "Bach"]  # of each performance
PAUSE = 1  # a clip with a silent half


@dataclass(frozen=True)
class Inputs:
    """All that stimuli and pages are made of."""

    models: dict[str, tuple[Path, Path]]  # weights and codes
    clips: list[Path]
    performances: Path
    root: Path
    onsets: Path
    tuning: dict[str, Path]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a listening test of tones."""
    return write_stimuli(tmp_path_factory.mktemp("test") / "stimuli")


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    root = tmp_path_factory.mktemp("split")
    clips = [_shard(root, shard, owners) for shard, owners in enumerate(SHARDS)]
    performances = _catalogue(root)
    onsets = root / "test.zarr.zip"
    build_onsets(performances, root, [path.with_suffix(".csv") for path in clips], onsets, SIGNAL)
    models = {name: _model(root, name, clips) for name in ("rvq", "free", "mu-sparse", "mel")}
    tuning = {name: root / f"{name}.csv" for name in ("free", "mu-sparse")}
    for name, path in tuning.items():
        write_tuning(models[name][1], onsets, path)
    return Inputs(models, clips, performances, root, onsets, tuning)


def _catalogue(root: Path) -> Path:
    rows = []
    for number, composer in enumerate(COMPOSERS):
        write_midi(performance(number, 4), root / f"{number}.midi")
        names = {"midi_filename": f"{number}.midi", "audio_filename": f"{number}.wav"}
        shard = next(i for i, owners in enumerate(SHARDS) if number in owners)
        title = f"No. {number}"
        row = {"canonical_composer": composer, "canonical_title": title, "split": "test"}
        row |= {"year": 2004, **names, "duration": 4.0, "performance": number, "shard": shard}
        rows.append(row)
    pd.DataFrame(rows).to_csv(root / "performances.csv", index=False)
    return root / "performances.csv"


def _shard(folder: Path, shard: int, owners: list[int]) -> Path:
    """Clips of noise at falling loudness, and their table."""
    path = folder / f"test-{shard}.h5"
    draw = np.random.default_rng(shard)
    with ShardFile(path, SIGNAL, "test", shard) as file:
        for i in range(len(owners)):
            noise = 6000 / (i + 1) * draw.standard_normal(SIGNAL.clip_samples).clip(-3, 3)
            if (shard, i) == (0, PAUSE):
                noise[: SIGNAL.clip_samples // 2 + 2000] = 0
            file.append(noise.astype(np.int16), 1.0)
    offsets = [SIGNAL.clip_samples * owners[:i].count(owner) for i, owner in enumerate(owners)]
    table = pd.DataFrame({"performance": owners, "offset": offsets, "split": "test"})
    table = table.assign(samples=SIGNAL.clip_samples, gain=1.0, rms_dbfs=-20.0)
    table.to_csv(path.with_suffix(".csv"), index=False)
    return path


def _model(folder: Path, name: str, clips: list[Path]) -> tuple[Path, Path]:
    config = configuration.variant(configuration.read([*DEFAULTS, SMALL]), name)
    torch.manual_seed(0)
    model = Autoencoder(config)
    with torch.no_grad():
        levels = torch.arange(4) if config.levels else None
        model(0.1 * torch.randn(4, 1, SIGNAL.clip_samples), levels)  # codebooks and batch norm
    (folder / name).mkdir()
    weights, codes = folder / name / "weights.safetensors", folder / f"{name}.h5"
    save_weights(model, config, weights, {})
    encode_split(weights, clips, codes, 2, LEVEL)
    if name in ("rvq", "mu-sparse"):  # as if `free` had none
        fit_tables(codes, folder / name / "entropy.safetensors", 0, 20)
    return weights, codes


@pytest.fixture
def settings() -> RatingsConfig:
    return configuration.section(configuration.read(DEFAULTS), RatingsConfig)
