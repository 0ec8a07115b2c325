"""The demo's whole DAG, and what a change of the configuration reruns."""

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.conftest import run_snakemake


def jobs(output: str) -> dict[str, int]:
    """Job counts of a dry run, from its table."""
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", output, re.M)}


def test_every_output_is_there(finished):
    results = finished / "results" / "tiny"
    summary = pd.read_csv(results / "summary.csv").set_index("variant")
    assert list(summary.index) == ["rvq", "free"]
    assert summary.loc["free", "density"] > 0
    assert summary["si_snr_db"].notna().all()
    assert (summary["si_snr_low"] <= summary["si_snr_db"]).all()
    for figure in ("fig1-storage", "rate-quality", "training", "clips"):
        for kind in ("png", "svg"):
            assert (results / "figures" / f"{figure}.{kind}").stat().st_size > 5000
    assert not list(finished.rglob(".partial-*"))


def test_every_job_leaves_a_log_and_a_benchmark(finished):
    results = finished / "results" / "tiny"
    logs = {path.stem for path in (results / "logs").iterdir()}
    times = {path.stem for path in (results / "benchmarks").iterdir()}
    assert logs == times
    assert {"catalogue", "train-rvq", "train-free", "evaluate-free", "summarise"} <= logs


def test_nothing_is_to_be_done_after_a_finished_run(finished):
    assert "Nothing to be done" in run_snakemake(finished, "-n").stderr


def test_a_changed_training_value_reruns_that_variant_and_what_follows(finished):
    dry = run_snakemake(finished, "-n", "--config", "variants={free: {training: {steps: 7}}}")
    assert dry.returncode == 0, dry.stderr
    counted = jobs(dry.stdout)
    assert counted["train"] == counted["evaluate"] == counted["account"] == 1
    assert not {"catalogue", "recordings", "clips", "onsets"} & set(counted)
    assert "variant: free" in dry.stdout
    assert "variant: rvq" not in dry.stdout


def test_a_changed_figure_value_redraws_that_figure_only(finished):
    counted = jobs(run_snakemake(finished, "-n", "--config", "figures={storage_steps: 512}").stdout)
    assert counted == {"all": 1, "figure_storage": 1, "total": 2}


def test_report_is_self_contained(finished):
    report = finished / "report.html"
    done = run_snakemake(finished, "--report", str(report))
    assert done.returncode == 0, done.stderr
    text = report.read_text()
    assert "Figure 1" in text
    assert not re.findall(r"<(?:script|link)[^>]+(?:src|href)=[\"']https?://", text)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("traning={}", "unknown configuration key 'traning'; did you mean 'training'?"),
        ("training={steps: -1}", "'training.steps': Input should be greater than 0 (got -1)"),
        ("variants={free: {backbone: spectrl}}", "unknown backbone 'spectrl'; did you mean"),
        ("dataset={source: folder}", "source 'folder' needs path"),
    ],
)
def test_a_bad_configuration_is_one_sentence(tmp_path, change, sentence):
    run = run_snakemake(tmp_path, "-n", "--config", change)
    assert run.returncode != 0
    errors = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert sentence in errors[0]
    assert "Traceback" not in run.stderr


def test_the_paper_is_one_overlay_away(tmp_path, maestro_table, monkeypatch):
    monkeypatch.setenv("MAESTRO", str(maestro_table))
    dry = run_snakemake(tmp_path, "-n", configs=("maestro", "paper"))
    assert dry.returncode == 0, dry.stderr
    assert '"steps": 1000000' in dry.stdout
    assert '"backbone": "seanet"' in dry.stdout
    assert jobs(dry.stdout)["clips"] == 96


@pytest.fixture
def maestro_table(tmp_path) -> Path:
    """A MAESTRO folder as far as a dry run looks into it."""
    folder = tmp_path / "maestro"
    folder.mkdir()
    (folder / "maestro-v3.0.0.csv").write_text(
        "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
    )
    return folder
