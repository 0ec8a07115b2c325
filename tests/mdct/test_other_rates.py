"""Rows of overlays beside the package's: smaller steps, and 44.1 kHz."""

from pathlib import Path

import numpy as np
import pytest
import torch

import spiking_music
from spiking_music.codec.session import Codec
from spiking_music.codec.si_snr import si_snr
from spiking_music.config import read, variant
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.pretrained import start_weights
from spiking_music.models.weights import load_weights, save_weights
from tests.codec.conftest import RATE, music
from tests.conftest import DEFAULTS, ROOT

FINER, COARSER = 4, 12  # levels of the row: finer than the package's finest, and as fine
WIDE = 44_100


def codec(folder: Path, overlay: str, row: str) -> Codec:
    """Of a row: with the weights it starts from, or random ones."""
    experiments = ROOT / "config" / "experiments"
    files = [str(experiments / name) for name in ("mdct.yaml", overlay)]
    config = variant(read([*DEFAULTS, *files]), row)
    torch.manual_seed(0)
    model = Autoencoder(config)
    start = start_weights(config)
    if start is not None:
        model.start_from(load_weights(start)[0])
    save_weights(model, config, folder / "weights.safetensors", {})
    return spiking_music.load(folder)


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Codec:
    return codec(tmp_path_factory.mktemp("fine"), "fine.yaml", "mdct-fine")


def heard(model: Codec, sound: np.ndarray, level: int) -> float:
    """SI-SNR in dB."""
    decoded = model.decode(model.encode(sound, RATE, level))
    return float(si_snr(decoded[None], sound[None])[0])


def test_finer_steps_are_closer_to_the_sound_than_the_package_can_be(fine: Codec) -> None:
    sound = music(3)
    finest = heard(spiking_music.load(), sound, 0)
    # the package's post-filter, made for larger steps, limits what is gained without training
    assert heard(fine, sound, FINER) > finest + 0.5
    assert abs(heard(fine, sound, COARSER) - finest) < 0.5


def test_the_octave_above_11_khz_is_told_as_the_power_of_bands(tmp_path: Path) -> None:
    model = codec(tmp_path, "fullband.yaml", "mdct-mu")
    rng = np.random.default_rng(0)
    sound = np.stack([music(2, WIDE), music(2, WIDE, seed=1)])
    hiss = sound + rng.normal(0, 0.02, sound.shape).astype(np.float32)
    decoded = model.decode(model.encode(hiss, WIDE, 10))
    assert model.sample_rate == WIDE and decoded.shape == (2 * WIDE,)
    high = np.flatnonzero((model.units["kind"] == "envelope") & (model.units["hz"] > WIDE / 4))
    found = [model.events(each, WIDE, 10)["unit"] for each in (sound, hiss)]
    quiet, loud = (np.mean(high[np.isin(high, units)]) for units in found)
    assert loud > quiet
