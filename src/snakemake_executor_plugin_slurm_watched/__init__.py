"""Snakemake's SLURM executor, which besides never waits for what will not come, nor in silence.

The original polls the states of its jobs, and polls for ever where a state tells it nothing: a job
cancelled by another user's hand (sacct: "CANCELLED by 0"), one preempted for good, one that SLURM
has forgotten, one that can never start, any job while SLURM does not answer. Here a second look at
what it still waits for fails such jobs, so that `retries` start them anew where that helps, and
tells why others wait. Where there is no SLURM at all the original waits as well; here that is an
error before any job. What jobs ask for is put into the words of slurm/site.yaml: see `requests`;
what they run is shorter: see `steps`.
Settings are the original's, `no_account` among them, which it declares and does not read; the
profile's prefix is `slurm-watched-`.
"""

import json
import shlex
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from snakemake_executor_plugin_slurm import Executor as Slurm
from snakemake_executor_plugin_slurm import ExecutorSettings, common_settings
from snakemake_executor_plugin_slurm.job_status_query import query_job_status
from snakemake_interface_common.exceptions import WorkflowError

from snakemake_executor_plugin_slurm_watched import hints, partitions, steps
from snakemake_executor_plugin_slurm_watched.requests import granted, requested
from snakemake_executor_plugin_slurm_watched.site import Site, site

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

LOOKS = 3  # in a row: the first may fall between a job's end and the poll that learns of it
SURE = 2  # looks in a row at a job that can never start, before it is failed
SOON = 10  # seconds between the two
NOTES = "submissions.jsonl"  # in the folder of logs, for `spiking-music efficiency`
LONGEST = 6  # between two looks, in units of the first time: 180 s, as in the original, after 30
OVER = {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY"}
OVER |= {"PREEMPTED", "REVOKED", "TIMEOUT"}
TOOLS = ("sbatch", "squeue")  # without which nothing can be submitted, or seen
MODULE = "command -v module >/dev/null || . /etc/profile"  # where sh does not know it yet
USUAL = {"BeginTime", "Cleaning", "None", "Priority", "Resources"}  # reasons to wait that pass


class Request:
    """A job as the original is to submit it: the same, with other resources."""

    def __init__(self, job: Any, resources: dict[str, Any]) -> None:
        self.job = job
        self.resources = type(job.resources)(fromdict=resources)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.job, name)


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
        self._begin(site(), partitions.ask())

    def _begin(self, cluster: Site, there: partitions.Partitions) -> None:
        self.site, self.partitions = cluster, there
        self._over: Counter[str] = Counter()  # looks in a row that found the job ended
        self._hopeless: Counter[str] = Counter()  # or waiting for what never comes
        self._told: dict[str, str] = {}  # job: why it waits, as last told

    def get_account_arg(self, job: Any) -> Iterator[str]:
        """The option of sbatch that names an account: of the job, or none where none is wanted."""
        if self.workflow.executor_settings.no_account and not job.resources.get("slurm_account"):
            yield ""
        else:
            yield from super().get_account_arg(job)

    def run_job(self, job: Any) -> None:
        """Submit the job in the words of this cluster."""
        wanted = requested(dict(job.resources.items()), job.threads, self.site, self.partitions)
        super().run_job(Request(job, wanted))

    def format_job_exec(self, job: Any) -> str:
        """The command of a job, of which Snakemake knows no `Request`: a step of srun."""
        original = _original(job)
        snakemake = f"{self.get_python_executable()} -m snakemake"
        command = super().format_job_exec(original)
        return command.replace(snakemake, f"{steps.srun(original)} {snakemake}", 1)

    def additional_general_args(self) -> str:
        """None: no executor but that of the machine, where the original has slurm-jobstep."""
        return ""

    def get_job_exec_prefix(self, job: Any) -> str:
        """What a job runs first, as it stands between the double quotes of `--wrap`."""
        first = "\n".join(filter(None, [prologue(self.site), steps.ALONE, "true"]))
        as_script = self.workflow.executor_settings.pass_command_as_script
        return first if as_script else steps.quoted(first)

    def _report_job_submission_threadsafe(self, job_info: Any) -> None:
        self._note(note(job_info.external_jobid, job_info.job))
        job_info.job = _original(job_info.job)
        super()._report_job_submission_threadsafe(job_info)

    def report_job_success(self, job_info: Any) -> None:
        """The job is done: from now on another run of its steps is none of SLURM's."""
        self._note({"job": job_info.external_jobid, "ended": time.time()})
        super().report_job_success(job_info)

    def report_job_error(self, job_info: Any, *arguments: Any, **named: Any) -> None:
        """The job has made nothing: what its steps left is of an earlier job, or a later run."""
        self._note_failed([job_info])
        super().report_job_error(job_info, *arguments, **named)

    def cancel_jobs(self, active_jobs: list[Any]) -> None:
        """Cancel the jobs, which then make nothing."""
        self._note_failed(active_jobs)
        super().cancel_jobs(active_jobs)

    def _note_failed(self, jobs: list[Any]) -> None:
        for each in jobs:
            if each.external_jobid is not None:  # else it was never submitted
                self._note({"job": each.external_jobid, "failed": True})

    def _note(self, told: dict[str, Any]) -> None:
        with (self.slurm_logdir / NOTES).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(told) + "\n")

    def _report_job_error_threadsafe(self, job_info: Any, msg: str) -> None:
        job_info.job = _original(job_info.job)
        said = msg.partition("sbatch call:")[0] if "sbatch failed" in msg else ""
        super()._report_job_error_threadsafe(job_info, msg.rstrip() + hints.to_change(said))

    async def check_active_jobs(self, active_jobs: list[Any]) -> AsyncIterator[Any]:
        """Yield the jobs that are still to be waited for."""
        waiting = [job async for job in super().check_active_jobs(active_jobs)]
        first = self.workflow.executor_settings.init_seconds_before_status_checks
        if first is not None:  # who asks for a short one is in a hurry all the time
            interval = min(self.next_seconds_between_status_checks, LONGEST * first)
            self.next_seconds_between_status_checks = interval
        seen = await self._look() if waiting else {}
        for job in waiting:
            failed = self._failed(job.external_jobid, seen) if seen is not None else ""
            if not failed:
                yield job
                continue
            if hopeless := self._hopeless[job.external_jobid] >= SURE:  # so will a retry be
                self.cancel_jobs([job])
                job.job.attempt = job.job.restart_times + 1
            log = [] if hopeless else [str(job.aux["slurm_logfile"])]
            self.report_job_error(job, msg=failed, aux_logs=log)

    async def _look(self) -> dict[str, str] | None:
        """ "STATE:reason" of each job of this run; None where SLURM does not answer."""
        command = f"squeue --states=all --noheader --format=%i|%T:%r --name={self.run_uuid}"
        seen, _ = await query_job_status(command, self.logger)
        if seen is None:
            self.logger.warning("SLURM does not answer squeue: waiting until it does.")
        return seen

    def _failed(self, job: str, seen: dict[str, str]) -> str:
        """Why the job is over, unknown to the original; says what holds up a pending one."""
        state, _, reason = seen.get(job, "REVOKED").partition(":")
        pending = state == "PENDING"
        if pending and reason not in USUAL and self._told.get(job) != reason:
            self._told[job] = reason
            self.logger.warning(f"SLURM job {job} waits: {reason}.")
        never = pending and hints.never(reason)
        self._over[job] = self._over[job] + 1 if state in OVER else 0
        self._hopeless[job] = self._hopeless[job] + 1 if never else 0
        if self._hopeless[job] >= SURE:
            return f"SLURM job {job} can never start: {reason}.{hints.to_change(reason)}"
        if never:
            soon = min(SOON, self.next_seconds_between_status_checks)
            self.next_seconds_between_status_checks = soon
        if self._over[job] >= LOOKS:
            state = state if job in seen else "forgotten by SLURM"
            return f"SLURM job {job} is {state}."
        return ""


def note(number: str, job: Request) -> dict[str, Any]:
    """What the job of this number asks for, to be held against what it uses."""
    own, asked = job.job, job.resources
    a_core = asked.get("mem_mb_per_cpu")
    return {
        "job": number,
        "name": own.groupid if own.is_group() else own.name,
        "cores": granted(asked, own.threads),
        "memory_mb": a_core * own.threads if a_core else asked.get("mem_mb"),
        "gpus": own.resources.get("gpu") or 0,
        "benchmarks": [str(each.benchmark) for each in (own.jobs if own.is_group() else [own])],
    }


def prologue(cluster: Site) -> str:
    """Lines of sh that a job runs first; a failing one fails the job."""
    load = f"module load {shlex.join(cluster.modules)}" if cluster.modules else ""
    scratch = f'export SPIKING_MUSIC_SCRATCH="{cluster.scratch}"' if cluster.scratch else ""
    lines = [line for line in (load and MODULE, load, cluster.prologue, scratch) if line]
    return "\n".join(["set -e", *lines, "set +e"]) if lines else ""


def _original(job: Any) -> Any:
    return job.job if isinstance(job, Request) else job
