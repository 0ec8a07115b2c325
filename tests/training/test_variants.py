"""Every row of `variants` trains, at the size of the tiny overlay."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from spiking_music.config import read, variant, variants
from spiking_music.data.shard import ShardFile, quantise
from spiking_music.models.weights import load_weights
from tests.conftest import DEFAULTS, ROOT
from tests.training.test_loop import Shards, run

SOURCES = [
    *DEFAULTS,
    str(ROOT / "config" / "tiny.yaml"),
    '{"training": {"steps": 4, "validate_every": 4, "log_every": 1}, "variants": {"free-gan":'
    ' {"training": {"steps": 4, "validate_every": 4}}}}',
]
STARTS = ("adversarial", "feature_matching", "discriminator")  # nan until the GAN starts


@pytest.fixture(scope="module")
def noises(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Two training clips and two of validation: noise that decays."""
    folder = tmp_path_factory.mktemp("noises")
    signal = variant(read(SOURCES), "free").signal
    random = np.random.default_rng(0)
    envelope = np.exp(-np.linspace(0, 5, signal.clip_samples))
    shards = {}
    for split in ("train", "validation"):
        with ShardFile(folder / f"{split}-0.h5", signal, split, 0) as shard:
            for _ in range(2):
                noise = 0.1 * random.standard_normal(signal.clip_samples) * envelope
                shard.append(*quantise(noise.astype(np.float32)))
        shards[split] = [folder / f"{split}-0.h5"]
    return shards


@pytest.mark.parametrize("name", variants(read(SOURCES)))
def test_variant_trains(tmp_path: Path, noises: Shards, name: str) -> None:
    config = variant(read(SOURCES), name)
    model, stored = load_weights(run(tmp_path, config, noises))
    assert stored == config
    table = pd.read_csv(tmp_path / "log.csv")
    assert table["step"].tolist() == list(range(1, config.training.last_step + 1))
    measured = table.filter(regex="^(?!validation)").drop(columns=[*STARTS], errors="ignore")
    assert np.isfinite(measured).all(axis=None)
    validated = table.filter(regex="^validation").iloc[-1]
    assert len(validated) == 2 + (4 if model.levels else 0)
    assert np.isfinite(validated).all()
    assert config.decoder.kind != "gan" or table[[*STARTS]].iloc[-1].notna().all()
    level = torch.tensor([1]) if model.levels else None
    codes = model.encode(torch.zeros(1, 1, 8 * 512), level)
    assert model.decode(codes, level).shape == (1, 1, 8 * 512)
    assert (tmp_path / "validation" / "reference-1.wav").is_file()


def test_the_adversary_makes_a_difference(tmp_path: Path, noises: Shards) -> None:
    """With FREE's losses a GAN is FREE until its discriminators start, and leads elsewhere then."""
    raw = read(SOURCES)
    raw["variants"]["free-gan"]["training"]["loss"] = raw["training"]["loss"]
    weights = [run(tmp_path / name, variant(raw, name), noises) for name in ("free", "free-gan")]
    a, b = (load_weights(path)[0].state_dict() for path in weights)
    assert a.keys() == b.keys()
    assert not all(map(torch.equal, a.values(), b.values()))
    losses = [pd.read_csv(path.parent / "log.csv")["loss"] for path in weights]
    assert losses[0].tolist() == losses[1].tolist()  # the last one before it told apart
