"""The same with an accounting database, and the status command that trips over its words."""

from collections.abc import Callable

from tests.cluster.conftest import Clone, say
from tests.cluster.test_survival import WEIGHTS, as_they_save, assert_resumed

ACCOUNTING = True


def test_a_job_cancelled_by_another_hand_is_resumed(
    clones: Callable[[str], Clone], undisturbed: bytes
) -> None:
    """sacct calls it "CANCELLED by 0", for which the original executor waits for ever."""
    processes = {}
    for status in ("squeue", "sacct"):  # side by side
        clone = clones(status)
        processes[clone] = clone.cluster(WEIGHTS, "--slurm-watched-status-command", status)
    for clone in as_they_save(processes):
        job = clone.training_job()
        assert job in say("sacct", "--noheader", "--format=JobIDRaw")
        say("scancel", job)
    for clone, process in processes.items():
        assert_resumed(clone, process, undisturbed)
