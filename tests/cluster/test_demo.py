"""The demo's whole DAG through sbatch: every model, every figure, each job a SLURM job."""

import re
from datetime import datetime
from pathlib import Path
from statistics import median

import pandas as pd
import pytest

from tests.cluster.conftest import Clone, finish, say
from tests.workflow.test_workflow import ANCHORS, CLASSICAL, VARIANTS

ROWS = [*VARIANTS, *CLASSICAL, *ANCHORS]
JOB = re.compile(r"StartTime=(\S+) EndTime=(\S+).* Comment=rule_(\S+)")


def overheads(benchmarks: Path) -> list[float]:
    """Seconds that each SLURM job of one step took beyond the step itself."""
    beyond = []
    for start, end, comment in JOB.findall(say("scontrol", "--oneliner", "show", "job")):
        name = comment.replace("_wildcards_", "-").replace("_", "-")
        if (table := benchmarks / f"{name}.tsv").exists():  # others hold several
            span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
            beyond.append(span.total_seconds() - pd.read_csv(table, sep="\t")["s"].iloc[0])
    return beyond


@pytest.mark.timeout(1500)
def test_the_whole_demo_runs_through_sbatch(
    slurm: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = Clone(tmp_path / "clone", {})
    assert finish(clone.cluster(), 1200) == 0, clone.said[-5000:]
    assert re.search(r"(\d+) of \1 steps \(100%\) done", clone.said)
    assert list(pd.read_csv(clone.results / "summary.csv")["variant"]) == ROWS
    assert len(list((clone.results / "figures").glob("*.png"))) == 18  # two of figure 4
    for name in ("figures/rate-quality.png", "listen/index.html", "listen/mushra/index.html"):
        assert (clone.results / name).is_file()

    # what SLURM costs
    submitted = clone.said.count("has been submitted with SLURM jobid")
    steps = len(list((clone.results / "benchmarks").glob("*.tsv")))
    assert submitted < steps / 2  # small ones went together
    beyond = overheads(clone.results / "benchmarks")
    assert beyond
    with capsys.disabled():
        elapsed = re.findall(r"Elapsed time: (\S+)", clone.said)[-1]
        print(
            f"\n{steps} steps in {submitted} SLURM jobs took {elapsed}; a job costs "
            f"{median(beyond):.1f} s (median) beyond its step"
        )
