"""Time by turns: of several rounds the least CPU time counts, as other jobs disturb that least."""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence

Run = Callable[[], float]  # does its work once and returns the CPU seconds that it took


def race(runs: Sequence[Run], rounds: int) -> list[float]:
    """Least CPU seconds of each over so many rounds, in turns."""
    times = [[run() for run in runs] for _ in range(rounds)]
    return [min(spent) for spent in zip(*times, strict=True)]


def timed(work: Callable[[], object]) -> Run:
    """A run of what this process does."""

    def run() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return run


def started(call: Sequence[object], **options: object) -> Run:
    """A run of a process, from its start to its end: user and system time."""

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*map(str, call)], check=True, capture_output=True, **options)  # type: ignore[call-overload]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return run
