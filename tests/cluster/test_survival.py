"""Long training survives: whatever ends an attempt, the next goes on and ends in the same bytes."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.conftest import ENVIRONMENT, STATE, Clone, finish, say, wait_until

WEIGHTS = "results/tiny/models/rvq/weights.safetensors"
RESUMED = re.compile(r"resuming 'rvq' after step (\d+)")
STOPPED = re.compile(r"training of 'rvq' was stopped after step (\d+)")


def training_job() -> str:
    """The SLURM id of the training at work."""
    return say("squeue", "--noheader", "--states=RUNNING", "--format=%i").split()[0]


def wait_for_checkpoint(clone: Clone, process: subprocess.Popen[str]) -> None:
    def saved() -> bool:
        assert process.poll() is None, clone.said[-5000:]
        return bool(list(clone.checkpoints.glob("step-*.pt")))

    wait_until(saved, "a checkpoint was saved")


def cancel(clone: Clone) -> None:
    say("scancel", training_job())


def signal_term(clone: Clone) -> None:
    """What `--signal=TERM@120` has SLURM send, and sites before they preempt."""
    say("scancel", "--signal=TERM", training_job())


def signal_usr1(clone: Clone) -> None:
    """A site's own warning, which we do not know: it ends the attempt at once."""
    say("scancel", "--signal=USR1", training_job())


def preempt(clone: Clone) -> None:
    """A job of a higher partition wants every CPU: SIGTERM, twenty seconds' grace, SIGKILL."""
    say("sbatch", "--partition=urgent", "--cpus-per-task=4", "--mem=100", "--wrap=sleep 1")


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


def assert_saved_when_stopped(clone: Clone) -> None:
    """The attempt had time to save, and the next one lost no step."""
    stopped, resumed = STOPPED.search(clone.said), RESUMED.search(clone.training_log)
    assert stopped and resumed
    assert stopped[1] == resumed[1]


@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_disturbed_attempt_is_resumed(clone: Clone, undisturbed: bytes, kind: str) -> None:
    process = clone.cluster(WEIGHTS)
    wait_for_checkpoint(clone, process)
    DISTURBANCES[kind](clone)
    assert finish(process, 800) == 0, clone.said[-5000:]
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed
    if kind in GRACEFUL:
        assert_saved_when_stopped(clone)


def test_the_warning_before_a_time_limit_is_heeded(clone: Clone, undisturbed: bytes) -> None:
    """As the profile asks for, but sooner: SLURM looks at limits, in minutes, twice a minute.

    It wakes what it warns, so the attempt is frozen until then.
    """
    process = clone.cluster(WEIGHTS, "--set-resources", "train:slurm_extra='--signal=TERM@55'")
    wait_for_checkpoint(clone, process)
    job = training_job()
    say("scancel", "--signal=STOP", job)
    ran = int(say("squeue", "--noheader", f"--jobs={job}", "--format=%M").split(":")[-2])
    say("scontrol", "update", f"JobId={job}", f"TimeLimit={ran + 2}")
    assert finish(process, 800) == 0, clone.said[-5000:]
    assert "TIMEOUT" not in clone.said
    assert_saved_when_stopped(clone)
    assert clone.weights.read_bytes() == undisturbed


def test_a_time_limit_without_warning(clone: Clone, undisturbed: bytes) -> None:
    """The attempt is frozen until its minute is over; SLURM wakes what it ends."""
    process = clone.cluster(WEIGHTS, "--set-resources", "train:slurm_extra='--open-mode=append'")
    wait_for_checkpoint(clone, process)
    job = training_job()
    say("scancel", "--signal=STOP", job)
    say("scontrol", "update", f"JobId={job}", "TimeLimit=1")
    assert finish(process, 800) == 0, clone.said[-5000:]
    assert "TIMEOUT" in clone.said
    assert_saved_when_stopped(clone)
    assert clone.weights.read_bytes() == undisturbed


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
    job = training_job()
    (clone.folder / "hungry").touch()
    assert finish(process, 800) == 0, clone.said[-5000:]
    assert "mem_mb=5000" in clone.said
    logs = (log.read_text() for log in STATE.glob("log/slurmd-*.log"))
    told = [line for line in "".join(logs).splitlines() if "exceeded memory limit" in line]
    assert any(re.search(rf"\b{job}\b", line) for line in told), told
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed


def test_a_killed_scheduler_is_started_again(clone: Clone, undisturbed: bytes) -> None:
    """The commands of docs/cluster.md, after a SIGKILL of Snakemake itself."""
    process = clone.cluster(WEIGHTS)
    wait_for_checkpoint(clone, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
    say("scancel", "--me")
    wait_until(lambda: not say("squeue", "--noheader").strip(), "the jobs were gone")
    clone.local("--unlock")
    assert finish(clone.cluster(WEIGHTS), 800) == 0, clone.said[-5000:]
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed
