"""What the cluster has, as sinfo tells it."""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from snakemake_executor_plugin_slurm_watched.times import minutes

SINFO = ("sinfo", "--noheader", "--Node", "--format=%P|%c|%m|%l")
SECONDS = 20  # after which an answer is not waited for


@dataclass(frozen=True)
class Partition:
    """What the largest of a partition's nodes has, and how long jobs may run there."""

    cores: int
    memory_mb: int
    minutes: int | None  # None: as long as they like


Partitions = dict[str, Partition]  # by name; that of the default partition is "" besides


def ask() -> Partitions:
    """All partitions; none where there is no SLURM, or none that answers."""
    try:
        told = subprocess.run(SINFO, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    return parsed(told.stdout.splitlines())


def parsed(lines: Iterable[str]) -> Partitions:
    """Of sinfo's lines, one for each node in each partition."""
    found: Partitions = {}
    for line in lines:
        name, cores, memory, limit = line.strip().split("|")
        names = {name.rstrip("*"), ""} if name.endswith("*") else {name}
        for each in names:
            known = found.get(each, Partition(0, 0, None))
            found[each] = Partition(
                max(known.cores, int(cores)), max(known.memory_mb, int(memory)), minutes(limit)
            )
    return found
