import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spiking_music.dataset.clip_dataset import Clips
from spiking_music.dataset.shard import ShardFile
from spiking_music.model.autoencoder import Output
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss
from spiking_music.training.validation import validate
from tests.training.conftest import LOSS, SIGNAL, tiny


class Noisy(nn.Module):
    """A codec of known quality: adds a tone that is orthogonal to the clips, at `decibels` SNR."""

    def __init__(self, decibels: float) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(10 ** (-decibels / 20)))

    def forward(self, x: Tensor) -> Output:
        tone = torch.cos(2 * torch.pi * 40 * torch.arange(x.shape[-1]) / x.shape[-1])
        return Output(x + 0.1 * self.level * tone, x, {"commitment": torch.tensor(0.5)}, {})


@pytest.fixture
def sines(tmp_path: Path) -> Clips:
    """Five sines of amplitude 0.1, then a silent clip."""
    time = np.arange(SIGNAL.clip_samples) / SIGNAL.clip_samples
    with ShardFile(tmp_path / "validation-0.h5", SIGNAL, "validation", 0) as shard:
        for _ in range(5):
            shard.append((3276.7 * np.sin(2 * np.pi * 40 * time)).astype(np.int16), 1.0)
        shard.append(np.zeros(SIGNAL.clip_samples, np.int16), 1.0)
    return Clips([tmp_path / "validation-0.h5"])


@pytest.mark.parametrize("batch_size", [1, 8, 1000])
def test_known_quality_is_measured_and_silence_left_out(
    sines: Clips, tmp_path: Path, batch_size: int
) -> None:
    log = Log(tmp_path / "log.csv", "", 0)
    config = tiny(validation_clips=6, batch_size=batch_size)
    loss = ReconstructionLoss(LOSS, SIGNAL.sample_rate)
    row = validate(Noisy(12.0).eval(), loss, sines, config, 3, log)
    assert row["validation_si_snr_db"] == pytest.approx(12.0, abs=0.02)
    assert math.isfinite(row["validation_loss"])
    names = {path.name for path in (tmp_path / "validation").iterdir()}
    assert names == {f"{kind}-{i}.wav" for kind in ("reference", "estimate") for i in range(2)}
