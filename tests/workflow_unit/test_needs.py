"""What trainings are taken to need, against the models themselves and against earlier runs."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from spiking_music import config as configuration
from spiking_music.config import VariantConfig
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.workflow import Plan
from spiking_music.workflow.needs import LONGEST, needs, parameters
from tests.conftest import DEFAULTS, ROOT

NO_LOG = Path("none.log")
EXPERIMENTS = ROOT / "config" / "experiments"


def variant(name: str, *overlays: str, **training: object) -> VariantConfig:
    files = [*DEFAULTS, *(str(EXPERIMENTS / f"{overlay}.yaml") for overlay in overlays)]
    config = configuration.variant(configuration.read(files), name)
    changed = config.training.model_copy(update=training)
    return config.model_copy(update={"training": changed})


@pytest.mark.parametrize(
    ("name", "overlays"),
    [
        *((name, ()) for name in ("rvq", "sparse", "free-diffusion", "mel", "freq-ae", "time-ae")),
        *((name, ("mdct",)) for name in ("mdct-mu", "graded")),
        *((name, ("paper",)) for name in ("free", "free-gan")),
    ],
)
def test_models_are_about_as_large_as_they_are_taken_to_be(
    name: str, overlays: tuple[str, ...]
) -> None:
    config = variant(name, *overlays)
    with torch.device("meta" if overlays == ("paper",) else "cpu"):
        model = Autoencoder(config)
    real = sum(parameter.numel() for parameter in model.parameters())
    assert 0.5 < parameters(config) / real < 2


def test_the_demo_trains_in_minutes_on_cpus_and_the_paper_for_days_on_gpus() -> None:
    demo, paper = variant("free"), variant("free", "paper")
    small, large = needs(demo, NO_LOG), needs(paper, NO_LOG)
    assert demo.training.accelerator == "cpu" and paper.training.accelerator == "auto"
    assert small.minutes < 30 and 1500 < small.memory_mb < 4000  # measured: 1040 MB
    assert large.minutes == LONGEST and large.memory_mb < 30_000
    assert small.attempts(200) == 1 and large.attempts(1_000_000) > 4
    assert not small.measured


@pytest.mark.parametrize(
    ("name", "overlays", "size", "seconds", "memory"),
    # a train step of one core at 2 GHz and the process's peak, measured: batch, seconds, MB
    [
        ("rvq", (), 8, 0.27, 1049),
        ("free-gan", (), 4, 1.82, 1220),
        ("free-diffusion", (), 8, 0.57, 1246),
        ("mel", (), 8, 0.26, 1011),
        ("freq-ae", (), 8, 0.14, 907),
        ("mdct", ("mdct",), 8, 0.30, 1090),
        ("free", ("paper",), 2, 4.2, 5711),
        ("free-gan", ("paper",), 2, 6.3, 2587),
    ],
)
def test_estimates_are_generous(
    name: str, overlays: tuple[str, ...], size: int, seconds: float, memory: int
) -> None:
    crop = {"batch_size": size, "crop_samples": 32768, "accelerator": "cpu", "workers": 0}
    estimate = needs(variant(name, *overlays, **crop), NO_LOG)
    assert 0.7 < estimate.step / seconds < 5  # before the margin of four
    assert 1 < estimate.memory_mb / memory < 5


def test_an_earlier_run_tells_better(tmp_path: Path) -> None:
    log = tmp_path / "train-free.log"
    log.write_text("free: step 100 of 200, 7.5 s a step, 0:12:30 left\nended\n")
    told = needs(variant("free", steps=200), log)
    assert told.measured and told.step == 7.5
    assert told.minutes == 10 + 2 * 200 * 7.5 / 60


def test_a_further_attempt_asks_for_more() -> None:
    plan = Plan.of(configuration.read(DEFAULTS))
    job = SimpleNamespace(variant="free")
    assert plan.memory(job, 2) == 2 * plan.memory(job, 1)
    assert plan.minutes(job, 3) == 3 * plan.minutes(job, 1) <= LONGEST
    assert plan.gpus(job) is None


def test_the_dag_is_built_without_slow_imports() -> None:
    """Each job of a cluster starts Snakemake, and reads the rules, three times."""
    code = "import sys, spiking_music.workflow; sys.exit(len({'torch', 'pandas'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
