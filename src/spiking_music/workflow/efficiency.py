"""What steps used of what they asked for: cores, memory, GPUs.

Times and memory are Snakemake's benchmarks of the steps. What was asked for, the SLURM executor
notes at each submission, and when a job ended: a benchmark that is younger comes from a later run
without SLURM, for which nothing was asked. Jobs that failed or were cancelled made none. Where
SLURM keeps accounts (sacct), they tell what the jobs used instead, the GPUs' share included.
"""

import csv
import json
import math
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from spiking_music.errors import DataError
from spiking_music.evaluation.tables import markdown
from spiking_music.files import atomic, wrote

NOTES = "submissions.jsonl"  # beside the logs of SLURM: a line of JSON for each job
SACCT = (
    "sacct",
    "--noheader",
    "--parsable2",
    "--format=JobIDRaw,TotalCPU,CPUTimeRAW,MaxRSS,TRESUsageInAve",
)
CLOCKS = 60  # seconds by which those of two machines may differ
SECONDS = 60  # after which an answer is not waited for
UNITS = {"": 1e-6, "K": 1024e-6, "M": 1.024**2, "G": 1073.741824}  # of MaxRSS, in MB
COLUMNS = (
    *("steps", "time_s", "cores_asked", "cpu_used_percent"),
    *("memory_asked_mb", "memory_used_mb", "memory_used_percent", "gpus_asked", "gpu_used_percent"),
    "told_by",
)


@dataclass(frozen=True)
class Submission:
    """A job as it was submitted."""

    job: str  # of SLURM
    name: str  # of its rule or group
    cores: int
    memory_mb: float | None  # of a node; None: the cluster's default
    gpus: int
    benchmarks: tuple[str, ...]
    ended: float = math.inf  # seconds of the epoch; infinite while that is not known

    def made(self, benchmark: Path) -> bool:
        """Whether this file, of a step of the job, is the job's and not a later run's."""
        return benchmark.stat().st_mtime <= self.ended + CLOCKS


@dataclass(frozen=True)
class Account:
    """What SLURM says that a job used."""

    cpu_s: float
    core_s: float  # that it had
    memory_mb: float
    gpu_percent: float | None


@dataclass(frozen=True)
class Row:
    """A rule, or a group of rules; None where nothing is known."""

    name: str
    steps: int
    time_s: float
    cores_asked: int | None
    cpu_used_percent: float | None
    memory_asked_mb: float | None
    memory_used_mb: float | None
    memory_used_percent: float | None
    gpus_asked: int | None
    gpu_used_percent: float | None
    told_by: str

    @property
    def cells(self) -> list[str]:
        """In the order of the columns, empty where nothing is known."""
        values = (getattr(self, name) for name in COLUMNS)
        return [self.name, *("" if value is None else _shown(value) for value in values)]


def write(results: Path, notes: Path, rules: Sequence[str], out: Path | None) -> str:
    """The table of a data set as Markdown; also written to `out` (.csv), where one is named.

    rules: by which steps without a submission are summed up; other steps stand alone. Raises
    `DataError` where nothing has run in the folder `results`.
    """
    rows = rows_of(results, notes, rules)
    if out is not None:
        with atomic(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([["name", *COLUMNS], *(row.cells for row in rows)])
        wrote(out)
    return markdown(["name", *COLUMNS], [[cell or "–" for cell in row.cells] for row in rows], 1)


def rows_of(results: Path, notes: Path, rules: Sequence[str]) -> list[Row]:
    """A row for each rule or group that has run, in the order of names."""
    found = {
        path: values for path in results.glob("benchmarks/*.tsv") if (values := _measured(path))
    }
    if not found:
        raise DataError(f"no step has run in '{results}': name a folder results/<dataset>")
    submissions = {
        Path(path).name: each
        for each in submitted(notes)
        for path in each.benchmarks
        if Path(path).parent.parent.name == results.name
    }
    submissions = {
        path.name: submissions[path.name]
        for path in found
        if path.name in submissions and submissions[path.name].made(path)
    }
    groups: dict[str, list[Path]] = {}
    for path in sorted(found):
        each = submissions.get(path.name)
        groups.setdefault(each.name if each else _rule(path.stem, rules), []).append(path)
    accounts = accounted({each.job for each in submissions.values()})
    return [
        _row(name, [found[path] for path in paths], [*_jobs(paths, submissions)], accounts)
        for name, paths in sorted(groups.items())
    ]


def submitted(notes: Path) -> list[Submission]:
    """What the executor noted, the latest last, but for jobs that failed; none without a file."""
    if not notes.is_file():
        return []
    found: dict[str, Submission] = {}
    for line in notes.read_text("utf-8").splitlines():
        try:
            told = json.loads(line)
            job = told["job"]
            if told.get("failed"):
                found.pop(job, None)
            elif "ended" in told:
                found[job] = replace(found[job], ended=told["ended"])
            else:
                found[job] = Submission(**told | {"benchmarks": tuple(told["benchmarks"])})
        except (ValueError, TypeError, KeyError):  # the last line may still be written
            continue
    return [*found.values()]


def accounted(jobs: Iterable[str]) -> dict[str, Account]:
    """What sacct says of jobs, by their ids; none where SLURM keeps no accounts."""
    wanted = sorted(jobs)
    if not wanted:
        return {}
    command = (*SACCT, f"--jobs={','.join(wanted)}")
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    return parsed(told.stdout.splitlines())


def parsed(lines: Iterable[str]) -> dict[str, Account]:
    """Of sacct's lines: one for a job, and one for each of its steps, which tell the memory."""
    found: dict[str, Account] = {}
    for line in lines:
        name, cpu, core_s, memory, usage = line.split("|")
        job, _, step = name.partition(".")
        before = found.get(job, Account(0, 0, 0, None))
        share = re.search(r"gres/gpuutil=(\d+)", usage)
        found[job] = Account(
            before.cpu_s if step else seconds(cpu),
            before.core_s if step else float(core_s),
            max(before.memory_mb, _megabytes(memory)),
            float(share[1]) if share else before.gpu_percent,
        )
    return found


def seconds(text: str) -> float:
    """Of SLURM's `days-hours:minutes:seconds.fraction`, without what is 0 at the left."""
    days, _, rest = text.rpartition("-")
    total = 0.0
    for part in rest.split(":"):
        total = 60 * total + float(part or 0)
    return total + 86400 * int(days or 0)


def _row(
    name: str,
    measured: list[Mapping[str, float]],
    jobs: list[Submission],
    accounts: Mapping[str, Account],
) -> Row:
    time_s = sum(step["s"] for step in measured)
    told = [accounts[job.job] for job in jobs if job.job in accounts]
    known = bool(jobs) and len(told) == len(jobs)
    cores = max((job.cores for job in jobs), default=None)
    if known:
        used, had = sum(each.cpu_s for each in told), sum(each.core_s for each in told)
        memory = max(each.memory_mb for each in told)
    else:  # without a submission, of one core
        seen = [step for step in measured if not math.isnan(step["cpu_time"])]
        used, had = (sum(step[key] for step in seen) for key in ("cpu_time", "s"))
        had *= cores or 1
        memory = max((step["max_rss"] for step in seen), default=math.nan)
    asked = max((job.memory_mb for job in jobs if job.memory_mb), default=None)
    shares = [each.gpu_percent for each in told if each.gpu_percent is not None]
    return Row(
        name,
        len(measured),
        time_s,
        cores,
        _percent(used, had),
        asked,
        None if math.isnan(memory) else memory,
        _percent(memory, asked),
        max((job.gpus for job in jobs), default=None),
        sum(shares) / len(shares) if shares else None,
        "sacct" if known else "benchmarks",
    )


def _jobs(paths: Iterable[Path], submissions: Mapping[str, Submission]) -> Iterable[Submission]:
    """The jobs that made them, each once."""
    jobs = (submissions[path.name] for path in paths if path.name in submissions)
    return {job.job: job for job in jobs}.values()


def _measured(path: Path) -> dict[str, float] | None:
    """Seconds, CPU seconds and MB of a benchmark; None where it is none."""
    try:
        row = next(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"))
        return {name: _number(row[name]) for name in ("s", "cpu_time", "max_rss")}
    except (OSError, ValueError, KeyError, StopIteration):
        return None


def _number(text: str) -> float:
    """Snakemake writes NA where a step was too short to be looked at."""
    return math.nan if text in ("NA", "-") else float(text)


def _rule(stem: str, rules: Sequence[str]) -> str:
    """The rule of a benchmark: the longest whose name it begins with."""
    dashed = {name.replace("_", "-"): name for name in rules}
    fitting = [name for name in dashed if stem == name or stem.startswith((f"{name}-", f"{name}."))]
    return dashed[max(fitting, key=len)] if fitting else stem


def _megabytes(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)([KMG]?)", text)
    return float(found[1]) * UNITS[found[2]] if found else 0.0


def _percent(part: float, whole: float | None) -> float | None:
    return 100 * part / whole if whole and not math.isnan(part) else None


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.0f}"
