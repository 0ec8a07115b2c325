"""How often Snakemake's scheduler looks for jobs to start.

With a limit of submissions per time span (Snakemake 9.27 has one by default), each round of the
scheduler starts a timer, whose end is a further round. So does each job that ends: the rounds a
second grow with the number of jobs, and those of 150 jobs take a seventh of a core. The timers also
keep a finished Snakemake waiting.
"""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake.scheduling.job_scheduler import JobScheduler

NAME = "_schedule_reevalutation"  # sic


def one_timer_at_a_time() -> None:
    """Make Snakemake's scheduler wait with one timer; without effect where it has none."""
    from snakemake.scheduling.job_scheduler import JobScheduler

    if hasattr(JobScheduler, NAME):
        setattr(JobScheduler, NAME, _once)


def _once(self: "JobScheduler", delay: float) -> None:
    """Start a round in `delay` seconds, unless a timer that will do so is running."""
    if getattr(self, "_timer_runs", False):
        return

    def round_() -> None:
        self._timer_runs = False  # first, as the round may need another timer
        self._open_jobs.release()

    self._timer_runs = True
    timer = threading.Timer(delay, round_)
    timer.daemon = True
    timer.start()
