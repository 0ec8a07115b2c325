import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from spiking_music.data.clip_dataset import Clips
from spiking_music.data.shard import ShardFile
from spiking_music.models.autoencoder import Autoencoder, Output
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss, si_snr
from spiking_music.training.validation import columns, validate
from tests.training.conftest import LOSS, SIGNAL, tiny


class Noisy(nn.Module):
    """A codec of known quality: adds a tone that is orthogonal to the clips, at `decibels` SNR."""

    def __init__(self, decibels: float) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(10 ** (-decibels / 20)))

    def forward(self, x: Tensor, level: Tensor | None) -> Output:
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


def test_levels_are_spread_and_each_has_its_column(sines: Clips, tmp_path: Path) -> None:
    class Worse(Noisy):
        """Quality falls with the level, by 2 dB each."""

        def forward(self, x: Tensor, level: Tensor | None) -> Output:
            assert level is not None
            output = super().forward(x, level)
            noise = (output.audio - x) * 10 ** (level[:, None, None] / 10)
            return Output(x + noise, x, {}, {})

    config = tiny("mu-sparse", validation_clips=6)
    loss = ReconstructionLoss(LOSS, SIGNAL.sample_rate)
    log = Log(tmp_path / "log.csv", "", 0, columns(config))
    row = validate(Worse(12.0).eval(), loss, sines, config, 3, log)
    assert set(row) == set(columns(config))
    for level in (0, 2, 4, 7):
        assert row[f"validation_si_snr_db_{level}"] == pytest.approx(12 - 2 * level, abs=0.05)
    assert row["validation_si_snr_db"] == pytest.approx(12 - 2 * 13 / 4, abs=0.05)
    log.write(3, {}, row)
    assert list(pd.read_csv(log.path)) == ["step", *columns(config)]
    assert (tmp_path / "validation" / "estimate-level-7-1.wav").is_file()
    assert len(list((tmp_path / "validation").iterdir())) == 2 + 2 * 4


@pytest.mark.parametrize("kind", ["diffusion", "mel"])
def test_diffusion_is_sampled_for_the_heard_clips_and_judged_by_the_same_noise(
    sines: Clips, tmp_path: Path, kind: str
) -> None:
    config = tiny(kind, validation_clips=6)
    torch.manual_seed(0)
    model = Autoencoder(config).eval()
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    model.decoder.denoiser.register_forward_hook(count)
    log, loss = Log(tmp_path / "log.csv", "", 0), ReconstructionLoss(LOSS, SIGNAL.sample_rate)
    rows = [validate(model, loss, sines, config, step, log) for step in (3, 4)]
    batches, sampled = 6, 2  # batches of one clip
    assert calls == 2 * (batches + sampled * config.decoder.sampling_steps)
    assert rows[0] == rows[1]
    x = sines[0][None, None]
    expected = si_snr(model.decode(model.encode(x)).double(), x.double()).item()
    assert rows[0]["validation_si_snr_db"] == pytest.approx(expected, abs=0.01)  # equal sines
    assert math.isfinite(rows[0]["validation_loss"])
    assert (tmp_path / "validation" / "estimate-1.wav").is_file()
