"""Small models of every kind as model folders, and music for them; a block has 16 steps."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spiking_music.codec.entropy import fit_entropy, save_tables
from spiking_music.codec.session import Codec, load
from spiking_music.codec.stream import summary
from spiking_music.codec.stream.frame import Frame
from spiking_music.config import read, variant
from tests.conftest import DEFAULTS

RATE, HOP, STEPS = 22050, 512, 16
BLOCK = STEPS * HOP
CLIPS = f'{{"signal": {{"clip_samples": {BLOCK}}}}}'
MakeFolder = Callable[[str], Path]
MakeCodec = Callable[[str], Codec]


def music(seconds: float, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """Plucked tones, a few a second, over a little noise: (n,) float32 within ±1."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    audio = 0.003 * rng.standard_normal(len(time))
    for onset in np.arange(0, seconds, 0.25):
        since = np.maximum(time - onset, 0)
        tone = np.sin(2 * np.pi * 110 * 2 ** (rng.integers(48) / 12) * since)
        audio += (time >= onset) * 0.2 * tone * np.exp(-5 * since)
    return np.clip(audio, -1, 1).astype(np.float32)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> MakeFolder:
    """Name of a variant → a folder with its weights, made once."""
    import torch  # here, as codecs do without

    from spiking_music.models.autoencoder import Autoencoder
    from spiking_music.models.weights import save_weights
    from tests.models.conftest import SMALL

    made: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name in made:
            return made[name]
        config = variant(read([*DEFAULTS, SMALL, CLIPS]), name)
        torch.manual_seed(0)
        model = Autoencoder(config)
        audio = torch.from_numpy(music(8 * BLOCK / RATE)[: 8 * BLOCK].reshape(8, 1, BLOCK))
        with torch.no_grad():
            for _ in range(20):  # fills codebooks and batch norm
                model(audio, torch.arange(8) * 4 if model.levels else None)
        made[name] = tmp_path_factory.mktemp("models") / name
        save_weights(model, config, made[name] / "weights.safetensors", {})
        return made[name]

    return make


@pytest.fixture(scope="session")
def codec_of(model_folder: MakeFolder) -> MakeCodec:
    """Name of a variant → its codec, loaded once."""
    loaded: dict[str, Codec] = {}

    def make(name: str) -> Codec:
        if name not in loaded:
            loaded[name] = load(model_folder(name))
        return loaded[name]

    return make


@pytest.fixture(scope="session")
def folder_with_tables(model_folder: MakeFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`free` and entropy tables fitted to its codes of other music."""
    folder = tmp_path_factory.mktemp("models") / "free"
    shutil.copytree(model_folder("free"), folder)
    network = load(folder).model.network
    audio = music(20 * BLOCK / RATE, seed=5)[: 20 * BLOCK].reshape(20, BLOCK)
    tables = fit_entropy([network.encode(audio)], "binary", rounds=20)
    save_tables(tables, folder / "entropy.safetensors")
    return folder


def blocks_of(codec: Codec, stream: bytes | io.BytesIO) -> tuple[Frame, ...]:
    """The blocks of a stream, without their codes."""
    data = stream if isinstance(stream, bytes) else stream.getvalue()
    return summary(io.BytesIO(data), codec.model.known).blocks
