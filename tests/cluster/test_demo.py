"""The demo's DAG through sbatch, two models and every figure: each job or group a SLURM job.

What it ends in is, to the byte, what a run on this machine ends in.

These two go through all the rules; what other rows add, tests/workflow has run without SLURM.
"""

import re
from datetime import datetime
from pathlib import Path
from statistics import median

import pandas as pd
import pytest

from tests.cluster.conftest import Clone, finish, say
from tests.workflow.test_workflow import ANCHORS, CLASSICAL, EXTERNAL, VARIANTS

CHOSEN = ("sparse", "mu-sparse")
ROWS = [*CHOSEN, *CLASSICAL, *EXTERNAL, *ANCHORS]
OTHERS = dict.fromkeys(set(VARIANTS) - {*CHOSEN, "mdct-shipped"})
FEWER: dict[str, object] = {
    "pretrained": False,
    "variants": OTHERS,
    "figures": {"selective": [*CHOSEN]},
}
FIGURES = (
    *("fig1-storage", "fig4-mu-sparse", "fig5-selectivity", "rate-quality", "operations"),
    *("training", "clips", "fig2"),
    *(f"fig2-{name}" for name in CHOSEN),
)
JOB = re.compile(r"StartTime=(\S+) EndTime=(\S+).* Comment=rule_(\S+)")


MADE = ("models/*/*.safetensors", "models/*/log.csv", "codes/*/*.h5", "evaluation/*.csv")
MADE += ("storage/*.csv", "sweep/*.csv", "selectivity/*.csv", "tuning/*.csv")
MADE += ("summary.*", "claims.*")


def made(clone: Clone) -> dict[str, bytes]:
    """Weights, codes and tables of a run, by their paths."""
    paths = (path for pattern in MADE for path in clone.results.glob(pattern))
    return {str(path.relative_to(clone.results)): path.read_bytes() for path in paths}


def overheads(benchmarks: Path) -> list[float]:
    """Seconds that each SLURM job of one step took beyond the step itself."""
    beyond = []
    for start, end, comment in JOB.findall(say("scontrol", "--oneliner", "show", "job")):
        name = comment.replace("_wildcards_", "-").replace("_", "-")
        if (table := benchmarks / f"{name}.tsv").exists():  # others hold several
            span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
            beyond.append(span.total_seconds() - pd.read_csv(table, sep="\t")["s"].iloc[0])
    return beyond


@pytest.mark.timeout(2500)
def test_the_whole_demo_runs_through_sbatch(
    slurm: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = Clone(tmp_path / "clone", FEWER)
    assert finish(clone.cluster("efficiency"), 1200) == 0, clone.said[-5000:]
    assert re.search(r"(\d+) of \1 steps \(100%\) done", clone.said)
    assert list(pd.read_csv(clone.results / "summary.csv")["variant"]) == ROWS
    assert {path.stem for path in (clone.results / "figures").glob("*.png")} == set(FIGURES)
    for name in ("index.html", "listen/index.html", "listen/test/index.html"):
        assert (clone.results / name).is_file()

    # the same numbers whoever runs it
    local = Clone(tmp_path / "local", FEWER)
    local.local("evaluation", limit=1200)
    ours, theirs = made(clone), made(local)
    assert len([path for path in theirs if path.endswith("safetensors")]) >= 2 * len(CHOSEN)
    assert sorted(ours) == sorted(theirs)
    assert [path for path in theirs if ours[path] != theirs[path]] == []

    # what jobs used of what they asked for
    used = pd.read_csv(clone.results / "efficiency.csv").set_index("name")
    assert used.loc["train", "steps"] == len(CHOSEN)
    assert used.loc["train", "cores_asked"] == 1
    assert 0 < used.loc["train", "memory_used_percent"] < 100

    # what SLURM costs
    submitted = clone.said.count("has been submitted with SLURM jobid")
    steps = len(list((clone.results / "benchmarks").glob("*.tsv")))
    assert submitted < 0.75 * steps  # small ones went together
    beyond = overheads(clone.results / "benchmarks")
    assert beyond
    with capsys.disabled():
        elapsed = re.findall(r"Elapsed time: (\S+)", clone.said)[-1]
        print(
            f"\n{steps} steps in {submitted} SLURM jobs took {elapsed}; a job costs "
            f"{median(beyond):.1f} s (median) beyond its step"
        )
