"""Long training survives: whatever ends an attempt, the next goes on and ends in the same bytes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.conftest import ENVIRONMENT, SLURMD, Clone, finish, say, wait_until

WEIGHTS = "results/tiny/models/rvq/weights.safetensors"
RESUMED = re.compile(r"resuming 'rvq' after step (\d+)")
STOPPED = re.compile(r"training of 'rvq' was stopped after step (\d+)")


def as_they_save(processes: dict[Clone, subprocess.Popen[str]]) -> Iterator[Clone]:
    """The clones, each once its training has saved a checkpoint."""
    waiting = dict(processes)

    def saved() -> list[Clone]:
        for clone, process in waiting.items():
            assert process.poll() is None, clone.said[-5000:]
        return [clone for clone in waiting if list(clone.checkpoints.glob("step-*.pt"))]

    while waiting:
        wait_until(lambda: bool(saved()), "a checkpoint was saved")
        for clone in saved():
            del waiting[clone]
            yield clone


def wait_for_checkpoint(clone: Clone, process: subprocess.Popen[str]) -> None:
    next(as_they_save({clone: process}))


def cancel(clone: Clone) -> None:
    say("scancel", clone.training_job())


def signal_term(clone: Clone) -> None:
    """What `--signal=TERM@120` has SLURM send, and sites before they preempt."""
    say("scancel", "--signal=TERM", clone.training_job())


def signal_usr1(clone: Clone) -> None:
    """A site's own warning, which we do not know: it ends the attempt at once."""
    say("scancel", "--signal=USR1", clone.training_job())


def preempt(clone: Clone) -> None:
    """A job of a higher partition wants every CPU: SIGTERM, twenty seconds' grace, SIGKILL."""
    urgent = ("--partition=urgent", "--cpus-per-task=4", "--mem=100", "--output=/dev/null")
    say("sbatch", *urgent, "--wrap=sleep 1")


def lose_node(clone: Clone) -> None:
    """The node is declared lost; SLURM kills what runs there and queues it again."""
    node = say("sinfo", "--noheader", "--Node", "--partition=cpu", "--format=%N").strip()
    say("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
    say("scontrol", "update", f"NodeName={node}", "State=RESUME")


DISTURBANCES: dict[str, Callable[[Clone], None]] = {
    "cancelled": cancel,
    "SIGTERM": signal_term,
    "SIGUSR1": signal_usr1,
    "preempted": preempt,
    "node lost": lose_node,
}
GRACEFUL = {"cancelled", "SIGTERM", "preempted"}
TOGETHER = [
    ("cancelled", "SIGTERM", "SIGUSR1"),
    ("preempted",),
    ("node lost",),
]  # of a node's, alone


def assert_saved_when_stopped(clone: Clone) -> None:
    """The attempt had time to save, and the next one lost no step."""
    stopped, resumed = STOPPED.search(clone.said), RESUMED.search(clone.training_log)
    assert stopped and resumed
    assert stopped[1] == resumed[1]


@pytest.mark.timeout(1800)  # three trainings share what cores there are
@pytest.mark.parametrize("kinds", TOGETHER, ids=", ".join)
def test_a_disturbed_attempt_is_resumed(
    clones: Callable[[str], Clone], undisturbed: bytes, kinds: tuple[str, ...]
) -> None:
    """Those that leave the node alone are disturbed side by side: most of the time is waiting."""
    at_work = {clones(kind.replace(" ", "-")): kind for kind in kinds}
    processes = {clone: clone.cluster(WEIGHTS) for clone in at_work}
    for clone in as_they_save(processes):
        DISTURBANCES[at_work[clone]](clone)
    for clone, kind in at_work.items():
        assert_resumed(clone, processes[clone], undisturbed)
        if kind in GRACEFUL:
            assert_saved_when_stopped(clone)


def assert_resumed(clone: Clone, process: subprocess.Popen[str], undisturbed: bytes) -> None:
    assert finish(process, 800) == 0, clone.said[-5000:]
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed


def freeze(clone: Clone, minutes: int) -> None:
    """The attempt stands still until SLURM wakes it, by a limit so many minutes from now.

    SLURM looks at limits, in minutes, twice a minute, and wakes what it warns or ends.
    """
    job = clone.training_job()
    say("scancel", "--signal=STOP", job)
    ran = int(say("squeue", "--noheader", f"--jobs={job}", "--format=%M").split(":")[-2])
    say("scontrol", "update", f"JobId={job}", f"TimeLimit={ran + minutes}")


@pytest.mark.timeout(1800)  # most of it is waiting
def test_time_limits_with_and_without_a_warning(
    clones: Callable[[str], Clone], undisturbed: bytes
) -> None:
    """The warning is what the profile asks for, but sooner. Side by side: the wait is the test."""
    warned, ended = clones("warned"), clones("ended")
    asked = {warned: "--signal=TERM@55", ended: "--open-mode=append"}
    processes = {
        clone: clone.cluster(WEIGHTS, "--set-resources", f"train:slurm_extra='{extra}'")
        for clone, extra in asked.items()
    }
    for clone in as_they_save(processes):
        freeze(clone, 2 if clone is warned else 1)
    for clone, process in processes.items():
        assert_resumed(clone, process, undisturbed)
        assert_saved_when_stopped(clone)
    assert "TIMEOUT" not in warned.said
    assert "TIMEOUT" in ended.said


HUNGRY = """#!/bin/sh
# The real one, and beside it, while it runs, what takes 4 GB once the file `hungry` appears.
(until rm hungry; do kill -0 $$ || exit; sleep 0.2; done; exec {python} -c "
import time
taken = b'1' * (4 << 30)
time.sleep(60)") >/dev/null 2>&1 </dev/null &
exec {command} "$@"
"""


def test_out_of_memory_is_tried_with_more_of_it(clone: Clone, undisturbed: bytes) -> None:
    wrapper = clone.folder / "bin" / "spiking-music"
    wrapper.parent.mkdir()
    command = Path(sys.executable).with_name("spiking-music")
    wrapper.write_text(HUNGRY.format(python=sys.executable, command=command))
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}{os.pathsep}{ENVIRONMENT['PATH']}"
    grown = ("--set-resources", "train:mem_mb=2500*attempt")
    process = clone.cluster(WEIGHTS, *grown, environment={**ENVIRONMENT, "PATH": path})
    wait_for_checkpoint(clone, process)
    job = clone.training_job()
    (clone.folder / "hungry").touch()
    assert_resumed(clone, process, undisturbed)
    assert "mem_mb=5000" in clone.said
    told = [line for line in SLURMD.read_text().splitlines() if "exceeded memory limit" in line]
    assert any(re.search(rf"\b{job}\b", line) for line in told), told


def test_a_killed_scheduler_is_started_again(clone: Clone, undisturbed: bytes) -> None:
    """The commands of docs/cluster.md, after a SIGKILL of Snakemake itself."""
    process = clone.cluster(WEIGHTS)
    wait_for_checkpoint(clone, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
    say("scancel", "--me")
    wait_until(lambda: not say("squeue", "--noheader").strip(), "the jobs were gone")
    clone.local("--unlock")
    assert_resumed(clone, clone.cluster(WEIGHTS), undisturbed)
