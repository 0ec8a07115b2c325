"""A dry run that notes each job as a cluster would be asked for it: `snakemake --executor plan`.

`spiking-music plan` calls it, and sums up what it notes in the file of `--plan-out`: a line of JSON
for each submission, a group's jobs together, in an order in which they can run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snakemake_interface_executor_plugins.executors.base import AbstractExecutor, SubmittedJobInfo
from snakemake_interface_executor_plugins.settings import CommonSettings, ExecutorSettingsBase

from snakemake_executor_plugin_slurm_watched import partitions
from snakemake_executor_plugin_slurm_watched.requests import granted, requested
from snakemake_executor_plugin_slurm_watched.site import site

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

common_settings = CommonSettings(
    non_local_exec=False, dryrun_exec=True, implies_no_shared_fs=False, job_deploy_sources=False
)


@dataclass
class ExecutorSettings(ExecutorSettingsBase):
    """Where the notes go."""

    out: str = field(
        default="plan.jsonl",
        metadata={"help": "File that gets a line of JSON for each submission."},
    )


class Executor(AbstractExecutor):
    """Takes every job for done as soon as it is noted."""

    def __init__(self, workflow: Any, logger: Any) -> None:
        super().__init__(workflow, logger)
        self.site, self.partitions = site(), partitions.ask()

    def run_job(self, job: Any) -> None:
        """Note the job."""
        if self._submitted(job):
            wanted = requested(dict(job.resources.items()), job.threads, self.site, self.partitions)
            note = {
                "cores": granted(wanted, job.threads),
                "gpus": job.resources.get("gpu") or 0,
                "minutes": wanted.get("runtime"),
                "jobs": [*self._parts(job)],
            }
            with Path(self.workflow.executor_settings.out).open("a", encoding="utf-8") as out:
                out.write(json.dumps(note) + "\n")
        job_info = SubmittedJobInfo(job)
        self.report_job_submission(job_info)
        self.report_job_success(job_info)

    def _submitted(self, job: Any) -> bool:
        """Whether a cluster would get it: in a dry run Snakemake takes all jobs for local."""
        return job.is_group() or not (job.rule.norun or job.rule.name in self.workflow._localrules)

    def _parts(self, job: Any) -> Iterator[dict[str, Any]]:
        for each in job.jobs if job.is_group() else [job]:
            yield {
                "rule": each.rule.name,
                "input": list(map(str, each.input)),
                "output": list(map(str, each.output)),
                "benchmark": str(each.benchmark or ""),
                "seconds": each.resources.get("expected_seconds"),
                "megabytes": each.resources.get("expected_mb"),
            }

    def cancel(self) -> None:
        """Nothing runs."""

    def shutdown(self) -> None:
        """Nothing runs."""

    def handle_job_success(self, job: Any) -> None:
        """Nothing was written."""

    def handle_job_error(self, job: Any) -> None:
        """Nothing fails."""

    def get_exec_mode(self) -> Any:
        """Of jobs, which are not started."""
        raise NotImplementedError
