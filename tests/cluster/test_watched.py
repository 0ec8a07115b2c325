"""The second look at jobs that the original executor goes on waiting for; SLURM is a script."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import snakemake_executor_plugin_slurm as original

from snakemake_executor_plugin_slurm_watched import LOOKS, SOON, Executor
from snakemake_executor_plugin_slurm_watched.site import Site


class Watched:
    """An executor that waits for jobs 1 and 2, and what it made of them."""

    def __init__(self, squeue: Path) -> None:
        self.squeue = squeue
        self.failed: list[str] = []
        self.warned: list[str] = []
        self.cancelled: list[str] = []
        self.jobs = {
            number: SimpleNamespace(
                external_jobid=number,
                aux={"slurm_logfile": "job.log"},
                job=SimpleNamespace(attempt=1, restart_times=3),
            )
            for number in ("1", "2")
        }
        self.executor = Executor.__new__(Executor)
        self.executor.run_uuid = "run"
        self.executor.logger = SimpleNamespace(warning=self.warned.append, debug=lambda text: None)
        self.executor.report_job_error = self.fail
        settings = SimpleNamespace(init_seconds_before_status_checks=5)
        self.executor.workflow = SimpleNamespace(executor_settings=settings)
        self.executor.next_seconds_between_status_checks = 5
        self.executor._begin(Site(), {})
        self.executor.cancel_jobs = self.cancel

    def fail(self, job: Any, msg: str, aux_logs: list[str]) -> None:
        self.failed.append(msg)

    def cancel(self, jobs: list[Any]) -> None:
        self.cancelled += [job.external_jobid for job in jobs]

    def look(self, answer: str, code: int = 0) -> list[str]:
        """The jobs it still waits for after SLURM gave `answer`."""
        self.squeue.write_text(f"#!/bin/sh\nprintf '{answer}'\nexit {code}\n")
        self.squeue.chmod(0o755)

        async def waited() -> list[str]:
            return [
                job.external_jobid
                async for job in self.executor.check_active_jobs([*self.jobs.values()])
            ]

        return asyncio.run(waited())


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    async def waiting(self: Any, jobs: list[Any]) -> Any:
        for job in jobs:
            yield job

    monkeypatch.setattr(original.Executor, "check_active_jobs", waiting)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Watched(tmp_path / "squeue")


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (r"1|RUNNING:None\n2|PREEMPTED:None\n", "PREEMPTED"),
        (r"1|RUNNING:None\n2|CANCELLED:None\n", "CANCELLED"),
        (r"1|RUNNING:None\n", "forgotten by SLURM"),
    ],
)
def test_a_job_that_is_gone_fails_after_three_looks(
    watched: Watched, answer: str, state: str
) -> None:
    for _ in range(LOOKS - 1):
        assert watched.look(answer) == ["1", "2"]
    assert watched.look(answer) == ["1"]
    assert watched.failed == [f"SLURM job 2 is {state}."]


def test_a_job_that_comes_back_is_waited_for(watched: Watched) -> None:
    for _ in range(LOOKS):
        assert watched.look(r"1|RUNNING:None\n2|NODE_FAIL:None\n") == ["1", "2"]
        assert watched.look(r"1|RUNNING:None\n2|PENDING:Resources\n") == ["1", "2"]
    assert not watched.failed
    assert not watched.warned


def test_looks_are_at_most_six_times_as_far_apart_as_at_first(watched: Watched) -> None:
    for asked, given in ((15, 15), (30, 30), (180, 30)):
        watched.executor.next_seconds_between_status_checks = asked
        watched.look(r"1|RUNNING:None\n2|RUNNING:None\n")
        assert watched.executor.next_seconds_between_status_checks == given


def test_a_silent_slurm_is_waited_for_aloud(watched: Watched) -> None:
    for _ in range(2 * LOOKS):
        assert watched.look("", code=1) == ["1", "2"]
    assert not watched.failed
    assert watched.warned == ["SLURM does not answer squeue: waiting until it does."] * 2 * LOOKS


def test_why_a_job_waits_is_told_once(watched: Watched) -> None:
    for _ in range(2):
        assert watched.look(r"1|PENDING:ReqNodeNotAvail\n2|PENDING:Priority\n") == ["1", "2"]
    assert watched.warned == ["SLURM job 1 waits: ReqNodeNotAvail."]


def test_a_job_that_can_never_start_fails_at_the_second_look_and_for_good(
    watched: Watched,
) -> None:
    watched.executor.next_seconds_between_status_checks = 30
    answer = r"1|PENDING:PartitionTimeLimit\n2|RUNNING:None\n"
    assert watched.look(answer) == ["1", "2"]
    assert watched.executor.next_seconds_between_status_checks == SOON
    assert watched.look(answer) == ["2"]
    told = "SLURM job 1 can never start: PartitionTimeLimit. To change: time_limits in "
    assert [sentence[: len(told)] for sentence in watched.failed] == [told]
    assert watched.cancelled == ["1"]
    assert [job.job.attempt for job in watched.jobs.values()] == [4, 1]  # of 3 retries none is left


def test_a_limit_that_is_lifted_in_between_is_no_failure(watched: Watched) -> None:
    for _ in range(2):
        assert watched.look(r"1|PENDING:PartitionTimeLimit\n2|RUNNING:None\n") == ["1", "2"]
        assert watched.look(r"1|PENDING:Resources\n2|RUNNING:None\n") == ["1", "2"]
    assert not watched.failed
