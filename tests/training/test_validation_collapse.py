"""The collapse monitor on synthetic histories, and on runs that do and do not collapse."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from spiking_music.config import VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.shard import ShardFile, quantise
from spiking_music.errors import TrainingError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights
from spiking_music.training.losses import si_snr
from spiking_music.training.validation import LAST_GOOD, CollapseMonitor
from tests.training.conftest import LOSS, SIGNAL, STORAGE, tiny
from tests.training.test_loop import Shards, run

STATS = {"density": torch.tensor(0.003), "dead_units": torch.tensor(7.0)}


def config(
    kind: str = "sparse",
    after: int = 200,
    below_db: float = -5.0,
    patience: int = 2,
    sparsity: dict[str, Any] | None = None,
    **training: Any,
) -> VariantConfig:
    """`tiny` with other bounds of a collapse."""
    base = tiny(kind, **training)
    bounds = {
        "after": min(1.0, after / base.training.steps),
        "below_db": below_db,
        "patience": patience,
    }
    rows = base.sparsity.model_dump() if base.sparsity else STORAGE
    changed = rows | (sparsity or {}) | {"collapse": bounds}
    return VariantConfig.model_validate(base.model_dump() | {"sparsity": changed})


class History:
    """A monitor that is shown one validation after another, 100 steps apart."""

    def __init__(self, folder: Path, **bounds: Any) -> None:
        torch.manual_seed(0)
        self.config = config(**{"steps": 1000, **bounds})
        self.model = Autoencoder(self.config)
        self.monitor = CollapseMonitor(self.config, folder)
        self.step = 0

    def show(self, *decibels: float) -> None:
        for value in decibels:
            self.step += 100
            row = {"validation_loss": 1.0, "validation_si_snr_db": value}
            self.monitor.check(self.step, row, STATS, self.model)


def test_a_healthy_run_keeps_its_last_weights(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.show(-20, -3, 2, 5, 1)
    _, stored = load_weights(tmp_path / LAST_GOOD)
    assert stored == history.config


def test_a_collapse_says_what_when_how_much_and_what_to_do(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.show(2, 4.25, 3, -6)
    before = (tmp_path / LAST_GOOD).read_bytes()
    with pytest.raises(TrainingError) as caught:
        history.show(-12.34)
    said = str(caught.value)
    for part in (
        "'tiny' collapsed", "below -5 dB 2 times in a row", "-12.3 dB at step 500", "0.30% events",
        "7 units that never change", "lower gamma or raise silent of", "step 300, 3.0 dB",
        str(tmp_path / LAST_GOOD),
    ):  # fmt: skip
        assert part in said
    assert "\n" not in said
    assert (tmp_path / LAST_GOOD).read_bytes() == before


@pytest.mark.parametrize(
    "decibels",
    [
        [-9, -9, 3, 3],  # not yet
        [3, 3, -9, 3, -9, 3, -9],  # never twice in a row
        [3, 3, -4.9, -4.9, -4.9],  # bad, but not as bad as that
        [math.nan] * 5,  # silent clips alone
    ],
)
def test_no_false_alarm(tmp_path: Path, decibels: list[float]) -> None:
    History(tmp_path).show(*decibels)


def test_a_run_that_was_never_good_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no weights were good before"):
        History(tmp_path).show(-9, -9, -9, -9)
    assert not (tmp_path / LAST_GOOD).exists()


def test_the_best_level_counts(tmp_path: Path) -> None:
    history = History(tmp_path, kind="mu-sparse", after=0, patience=1)
    row = {"validation_si_snr_db": -8.0, "validation_si_snr_db_0": 2.0}
    history.monitor.check(100, row, STATS, history.model)
    with pytest.raises(TrainingError, match="collapsed"):
        history.monitor.check(200, row | {"validation_si_snr_db_0": -6.0}, STATS, history.model)


def test_a_resumed_monitor_remembers(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.show(2, 4, 3, -6)
    resumed = History(tmp_path)
    resumed.step = history.step
    resumed.monitor.load_state_dict(history.monitor.state_dict())
    with pytest.raises(TrainingError, match=r"step 300, 3\.0 dB"):
        resumed.show(-6)


# --- real runs: melodies of four notes, which a decoder that hears no code cannot tell apart ------


@pytest.fixture(scope="module")
def melodies(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Clips of eight notes out of four; a note is a sine that looks alike in every frame."""
    folder = tmp_path_factory.mktemp("melodies")
    time = np.arange(SIGNAL.clip_samples) / SIGNAL.sample_rate
    shards = {}
    for split, clips in (("train", 8), ("validation", 3)):
        random = np.random.default_rng(clips)
        with ShardFile(folder / f"{split}-0.h5", SIGNAL, split, 0) as shard:
            for _ in range(clips):
                notes = (2 * random.integers(4, size=8) + 1) * SIGNAL.sample_rate / SIGNAL.hop
                pitch = np.repeat(notes, SIGNAL.clip_samples // 8)
                wave = 0.3 * np.sin(2 * np.pi * pitch * time)
                shard.append(*quantise(wave.astype(np.float32)))
        shards[split] = [folder / f"{split}-0.h5"]
    return shards


def melodic(gamma: float, silent_steps: int, ramp_steps: int) -> VariantConfig:
    """A run of 120 steps whose sparsity loss has the given schedule; good is 15 dB and more."""
    return config(
        "binary",
        after=40,
        below_db=15.0,
        sparsity={
            "gamma": gamma, "silent": silent_steps / 120, "ramp": ramp_steps / 120, "budget": 0.1,
        },
        steps=120,
        learning_rate=1e-2,
        crop_samples=SIGNAL.clip_samples,
        validate_every=20,
        checkpoint_every=70,
        loss=LOSS.model_copy(update={"si_snr": 0.3}),
    )  # fmt: skip


def test_a_constant_gamma_collapses_where_the_schedule_does_not(
    tmp_path: Path, melodies: Shards
) -> None:
    sentence = r"'tiny' collapsed: .* at step 80, .* \(no weights were good before\)"
    with pytest.raises(TrainingError, match=sentence):
        run(tmp_path / "constant", melodic(200, 0, 0), melodies)
    with pytest.raises(TrainingError, match=sentence):  # the checkpoint of step 70 remembers 60
        run(tmp_path / "constant", melodic(200, 0, 0), melodies)
    assert not (tmp_path / "constant" / "weights.safetensors").exists()

    run(tmp_path / "scheduled", melodic(200, 60, 60), melodies)
    table = pd.read_csv(tmp_path / "scheduled" / "log.csv")
    assert table["gamma"].iloc[-1] == pytest.approx(200, rel=0.01)
    assert table["density"].iloc[-1] < 0.8 * table["density"].iloc[0]


def test_too_large_a_gamma_collapses_and_the_last_good_weights_are_kept(
    tmp_path: Path, melodies: Shards
) -> None:
    with pytest.raises(TrainingError, match=r"the good weights of step (60|80), \d+\.\d dB"):
        run(tmp_path, melodic(1000, 60, 60), melodies)
    model, _ = load_weights(tmp_path / "checkpoints" / LAST_GOOD)
    x = Clips(melodies["validation"])[0][None, None]
    assert si_snr(model.decode(model.encode(x)), x).item() > 10
    table = pd.read_csv(tmp_path / "log.csv")
    assert table["validation_si_snr_db"].iloc[-1] < 15  # the log shows what the verdict says
