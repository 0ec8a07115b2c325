"""The same with an accounting database, and the status command that trips over its words."""

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
