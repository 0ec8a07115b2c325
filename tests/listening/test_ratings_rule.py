"""The rules: listeners where there are result files, metrics where there are none."""

from pathlib import Path

import pandas as pd

from spiking_music import config as configuration
from spiking_music.config import SimulatedConfig
from spiking_music.listening.simulated import write_simulated
from tests.conftest import DEFAULTS
from tests.listening.test_ratings_objective import evaluated
from tests.workflow.conftest import run_snakemake


def test_result_files_make_figure_3_of_listeners(tmp_path: Path) -> None:
    settings = configuration.section(configuration.read(DEFAULTS), SimulatedConfig)
    write_simulated(settings, tmp_path / "ratings", seed=1)
    config = "listening={ratings: {folder: ratings}}"
    target = "results/tiny/figures/fig3-listeners.png"
    done = run_snakemake(tmp_path, target, "--config", config)
    assert done.code == 0, done.said[-5000:]
    assert (tmp_path / target).stat().st_size > 10_000
    systems = pd.read_csv(tmp_path / "results" / "tiny" / "listen" / "listeners" / "systems.csv")
    assert set(systems["source"]) == {"SIMULATED listeners"}
    assert set(systems["screening"]) == {"paper", "BS.1534-3"}
    planned = run_snakemake(tmp_path, "-n", "--config", config).said  # the default target
    assert "fig3-listeners.svg" in planned
    assert "fig3-objective" not in planned


def test_without_them_metrics_stand_in(tmp_path: Path) -> None:
    folder = tmp_path / "results" / "tiny" / "evaluation"
    folder.mkdir(parents=True)
    systems = ["rvq", "free", "sparse", "mel", "rvq-impaired"]
    evaluated(folder, [*systems, "anchor", "lowpass-3500", "lowpass-7000"], performances=8)
    target = "results/tiny/figures/fig3-objective.png"
    rules = "--allowed-rules", "objective_ratings", "figure_listening"
    done = run_snakemake(tmp_path, target, *rules)
    assert done.code == 0, done.said[-5000:]
    assert (tmp_path / target).stat().st_size > 10_000
    table = pd.read_csv(tmp_path / "results" / "tiny" / "listen" / "objective" / "systems.csv")
    assert set(table["source"]) == {"objective (ViSQOL)", "objective (Zimtohrli)"}
    planned = run_snakemake(tmp_path, "-n", "--config", "evaluation={perceptual: true}").said
    assert "fig3-objective.svg" in planned
    assert "fig3-listeners" not in planned
