"""Snakemake's SLURM executor, which besides never waits for what will not come, nor in silence.

The original polls the states of its jobs, and polls for ever where a state tells it nothing: a job
cancelled by another user's hand (sacct: "CANCELLED by 0"), one preempted for good, one that SLURM
has forgotten, any job while SLURM does not answer. Here a second look at what it still waits for
fails such jobs, so that `retries` start them anew, and tells why others wait. Where there is no
SLURM at all the original waits as well; here that is an error before any job. Settings are the
original's, `no_account` among them, which it declares and does not read; the profile's prefix is
`slurm-watched-`.
"""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from snakemake_executor_plugin_slurm import Executor as Slurm
from snakemake_executor_plugin_slurm import ExecutorSettings, common_settings
from snakemake_executor_plugin_slurm.job_status_query import query_job_status
from snakemake_interface_common.exceptions import WorkflowError

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

LOOKS = 3  # in a row: the first may fall between a job's end and the poll that learns of it
LONGEST = 6  # between two looks, in units of the first time: 180 s, as in the original, after 30
OVER = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY"}
OVER |= {"PREEMPTED", "REVOKED", "TIMEOUT"}
TOOLS = ("sbatch", "squeue")  # without which nothing can be submitted, or seen
USUAL = {"BeginTime", "Cleaning", "None", "Priority", "Resources"}  # reasons to wait that pass


class Executor(Slurm):
    """The original, with a second look at the jobs that it would go on waiting for."""

    next_seconds_between_status_checks: int  # of the original

    def __init__(self, workflow: Any, logger: Any) -> None:
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:  # said before the original starts the thread that would wait for jobs
            raise WorkflowError(
                f"SLURM's '{missing[0]}' is not on this machine's PATH: start the workflow where "
                "jobs are submitted, on the login node, or run it here with --cores instead of "
                "--profile slurm"
            )
        super().__init__(workflow, logger)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begin()

    def _begin(self) -> None:
        self._over: Counter[str] = Counter()  # looks in a row that found the job ended
        self._told: dict[str, str] = {}  # job: why it waits, as last told

    def get_account_arg(self, job: Any) -> Iterator[str]:
        """The option of sbatch that names an account: of the job, or none where none is wanted."""
        if self.workflow.executor_settings.no_account and not job.resources.get("slurm_account"):
            yield ""
        else:
            yield from super().get_account_arg(job)

    async def check_active_jobs(self, active_jobs: list[Any]) -> AsyncIterator[Any]:
        """Yield the jobs that are still to be waited for."""
        waiting = [job async for job in super().check_active_jobs(active_jobs)]
        first = self.workflow.executor_settings.init_seconds_before_status_checks
        if first is not None:  # who asks for a short one is in a hurry all the time
            interval = min(self.next_seconds_between_status_checks, LONGEST * first)
            self.next_seconds_between_status_checks = interval
        seen = await self._look() if waiting else {}
        for job in waiting:
            if seen is not None and self._ended(job.external_jobid, seen):
                state = seen.get(job.external_jobid, "forgotten by SLURM").partition(":")[0]
                log = [str(job.aux["slurm_logfile"])]
                self.report_job_error(
                    job, msg=f"SLURM job {job.external_jobid} is {state}.", aux_logs=log
                )
            else:
                yield job

    async def _look(self) -> dict[str, str] | None:
        """ "STATE:reason" of each job of this run; None where SLURM does not answer."""
        command = f"squeue --states=all --noheader --format=%i|%T:%r --name={self.run_uuid}"
        seen, _ = await query_job_status(command, self.logger)
        if seen is None:
            self.logger.warning("SLURM does not answer squeue: waiting until it does.")
        return seen

    def _ended(self, job: str, seen: dict[str, str]) -> bool:
        """Whether the job has ended, unknown to the original; says what holds up a pending one."""
        state, _, reason = seen.get(job, "REVOKED").partition(":")
        if state == "PENDING" and reason not in USUAL and self._told.get(job) != reason:
            self._told[job] = reason
            self.logger.warning(f"SLURM job {job} waits: {reason}.")
        self._over[job] = self._over[job] + 1 if state in OVER else 0
        return self._over[job] >= LOOKS
