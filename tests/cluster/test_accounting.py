"""The same with an accounting database, and the status command that trips over its words."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.cluster.conftest import Clone, finish, say
from tests.cluster.test_survival import RESUMED, WEIGHTS, training_job, wait_for_checkpoint

ACCOUNTING = True


@pytest.mark.parametrize("status", ["squeue", "sacct"])
def test_a_job_cancelled_by_another_hand_is_resumed(
    clone: Clone, undisturbed: bytes, status: str
) -> None:
    """sacct calls it "CANCELLED by 0", for which the original executor waits for ever."""
    process = clone.cluster(WEIGHTS, "--slurm-watched-status-command", status)
    wait_for_checkpoint(clone, process)
    job = training_job()
    assert job in say("sacct", "--noheader", "--format=JobIDRaw")
    say("scancel", job)
    assert finish(process, 800) == 0, clone.said[-5000:]
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed
    assert_the_accounts_are_read(clone)


def assert_the_accounts_are_read(clone: Clone) -> None:
    """`efficiency` reads what the database says that the training used."""
    program, table = str(Path(sys.executable).with_name("spiking-music")), clone.folder / "used.csv"
    notes = clone.folder / "results" / "slurm-logs" / "submissions.jsonl"
    say(program, "efficiency", str(clone.results), "--notes", str(notes), "--out", str(table))
    used = pd.read_csv(table).set_index("name").loc["train"]
    assert used["told_by"] == "sacct"
    assert 0 < used["cpu_used_percent"] <= 110
    assert 0 < used["memory_used_mb"] < used["memory_asked_mb"]
