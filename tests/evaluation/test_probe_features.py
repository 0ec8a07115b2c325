"""Features of clips: the statistics by hand, and codes and mel bands by the same."""

from pathlib import Path

import numpy as np
import pytest
import torch

from spiking_music.config import SignalConfig
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.codes_file import open_codes
from spiking_music.evaluation.probe import code_features, mel_features, pooled
from spiking_music.models.weights import load_weights
from tests.evaluation.conftest import HOP, SAMPLES, UNITS, Model, Split


def test_statistics_by_hand() -> None:
    channels = torch.tensor([[[0.0, 2, 4, 6, 9], [1, 1, 1, 1, 7]]])  # a step is left over
    assert pooled(channels, 2).tolist() == [[3, 1, 2, 0]]
    with pytest.raises(DataError, match="window is 6 steps and a clip has 5"):
        pooled(channels, 6)


def test_a_binary_code_is_its_units(free: Model, free_codes: Path) -> None:
    features = code_features([free_codes, free_codes], free.weights, 4)
    with open_codes(free_codes) as coded:
        (codes,) = coded.batches(99)
    assert features.shape == (10, 2 * UNITS) and features.dtype == np.float32
    assert np.allclose(features[:5, :UNITS], codes.mean(axis=2))
    assert np.array_equal(features[:5], features[5:])


def test_an_rvq_code_is_the_vectors_it_names(rvq: Model, rvq_codes: Path) -> None:
    features = code_features([rvq_codes], rvq.weights, 4)
    model, config = load_weights(rvq.weights)
    with open_codes(rvq_codes) as coded:
        (codes,) = coded.batches(99)
    with torch.no_grad():
        latent = model.bottleneck.decode(torch.from_numpy(codes.astype(np.int64)))
    assert features.shape == (5, 2 * config.latent)
    assert np.allclose(features[:, : config.latent], latent.mean(2), atol=1e-5)


def test_codes_of_another_model(free: Model, rvq_codes: Path) -> None:
    with pytest.raises(CodeError, match="do not belong to model"):
        code_features([rvq_codes], free.weights, 4)


def test_mel_bands(split: Split) -> None:
    signal = SignalConfig(sample_rate=22050, clip_samples=SAMPLES, hop=HOP)
    features = mel_features(split.clips, 10, 4, signal)
    assert features.shape == (5, 20) and np.isfinite(features).all()
    assert (features[3, :10] == -1).all()  # digital silence
