"""What a run would cost: the notes of a dry run (`snakemake --executor plan`), summed up.

The time of a step is taken from its own benchmark in the results, where there is one; else from
those of the same rule; else from the estimate that it brings along, as trainings do; else it is at
most the time limit that it asks for.
"""

import csv
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

from spiking_music.errors import DataError
from spiking_music.evaluation.tables import markdown
from spiking_music.workflow.needs import START

HEADINGS = ("rule", "steps", "core-hours", "GPU-hours", "GB", "time told by")
MEASURED, ESTIMATED, LIMIT = "earlier runs", "an estimate", "its time limit"


@dataclass(frozen=True)
class Step:
    """A job of the workflow."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    seconds: float
    source: str  # what tells the seconds
    megabytes: float  # of its outputs, where these are large and known; else 0
    expected: float | None  # seconds of a training, until its last step


@dataclass(frozen=True)
class Submission:
    """What a cluster takes for one job: a step, or a group of them."""

    cores: int
    gpus: int
    minutes: int | None  # its time limit
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        """A group's steps share its cores."""
        return sum(step.seconds for step in self.steps) / min(self.cores, len(self.steps))

    @property
    def attempts(self) -> int:
        """Until a training that is ended by its time limit, and resumed, is done."""
        expected = max((step.expected or 0 for step in self.steps), default=0)
        limit = 60 * max(1, (self.minutes or math.inf) - START)
        return max(1, math.ceil(expected / limit))


@dataclass(frozen=True)
class Forecast:
    """All submissions, in an order in which they can run."""

    submissions: tuple[Submission, ...]

    @property
    def steps(self) -> list[Step]:
        """Those of all submissions."""
        return [step for each in self.submissions for step in each.steps]

    def hours(self, of: str, chosen: Callable[[Step], bool]) -> float:
        """Core-hours or GPU-hours ("cores" or "gpus") of the steps that are chosen."""
        seconds = 0.0
        for each in self.submissions:
            share = sum(step.seconds for step in each.steps if chosen(step))
            seconds += getattr(each, of) * share / min(each.cores, len(each.steps))
        return seconds / 3600

    @cached_property
    def chain(self) -> tuple[float, list[str]]:
        """Seconds and rules of the longest sequence of jobs that wait for one another."""
        ends: dict[str, tuple[float, list[str]]] = {}
        longest: tuple[float, list[str]] = (0.0, [])
        for each in self.submissions:
            before = [ends[path] for step in each.steps for path in step.inputs if path in ends]
            start, names = max(before, default=(0.0, []))
            found = start + each.seconds, [*names, each.steps[-1].rule]
            ends |= {path: found for step in each.steps for path in step.outputs}
            longest = max(longest, found)
        return longest

    def describe(self) -> str:
        """A table by rule and a sentence for each sum, as Markdown."""
        steps, rules = self.steps, list(dict.fromkeys(step.rule for step in self.steps))
        if not steps:
            return "Nothing is to be done.\n"
        rows = [self._row(rule, [step for step in steps if step.rule == rule]) for rule in rules]
        seconds, names = self.chain
        gigabytes = sum(step.megabytes for step in steps) / 1000
        lines = [
            f"{len(self.submissions)} jobs of {len(steps)} steps: {self._sum(_told)}, "
            f"{gigabytes:.2f} GB of clips and models.",
        ]
        if not all(map(_told, steps)):
            rest = self._sum(lambda step: not _told(step))
            lines.append(
                f"Besides, for steps of which only the time limit is known, at most {rest}."
            )
        lines.append(f"The longest chain takes {_clock(seconds)}: {', '.join(names)}.")
        attempts = max(each.attempts for each in self.submissions)
        if attempts > 1:
            lines.append(
                f"The longest training takes {attempts} attempts: give it as many --retries."
            )
        return markdown(HEADINGS, rows, 1) + "\n" + "\n".join(lines) + "\n"

    def _sum(self, chosen: Callable[[Step], bool]) -> str:
        cores, gpus = (self.hours(of, chosen) for of in ("cores", "gpus"))
        return f"{cores:.1f} core-hours, {gpus:.1f} GPU-hours"

    def _row(self, rule: str, steps: list[Step]) -> list[str]:
        gigabytes = sum(step.megabytes for step in steps) / 1000
        return [
            rule,
            str(len(steps)),
            f"{self.hours('cores', steps.__contains__):.2f}",
            f"{gpu_hours:.2f}" if (gpu_hours := self.hours("gpus", steps.__contains__)) else "–",
            f"{gigabytes:.2f}" if gigabytes else "–",
            ", ".join(dict.fromkeys(step.source for step in steps)),
        ]


def _told(step: Step) -> bool:
    """Whether more is known of its time than a limit."""
    return step.source != LIMIT


def forecast(notes: Iterable[str]) -> Forecast:
    """Of the lines that the executor `plan` wrote, in whose paths benchmarks are looked for."""
    return Forecast(tuple(_submission(json.loads(line)) for line in notes))


def _submission(note: dict[str, Any]) -> Submission:
    steps = tuple(_step(each, note["minutes"]) for each in note["jobs"])
    return Submission(note["cores"], note["gpus"], note["minutes"], steps)


def _step(note: dict[str, Any], minutes: int | None) -> Step:
    expected, benchmark = note["seconds"], Path(note["benchmark"])
    others = f"{note['rule'].replace('_', '-')}[-.]*tsv"
    measured = _measured([benchmark]) or (
        None if expected else _measured(benchmark.parent.glob(others))
    )
    if measured is not None:
        seconds, source = measured, MEASURED
    elif expected:
        seconds, source = expected, ESTIMATED
    else:
        seconds, source = 60.0 * (minutes or 0), LIMIT
    inputs, outputs = tuple(note["input"]), tuple(note["output"])
    size = note["megabytes"] or 0
    return Step(note["rule"], inputs, outputs, seconds, source, size, expected)


def _measured(benchmarks: Iterable[Path]) -> float | None:
    """Mean seconds of Snakemake's benchmark files, of those that are there."""
    seconds = []
    for path in benchmarks:
        if path.is_file():
            try:
                rows = csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t")
                seconds += [float(row["s"]) for row in rows]
            except (KeyError, ValueError, UnicodeError):
                raise DataError(f"'{path}' is no benchmark of Snakemake: delete it") from None
    return mean(seconds) if seconds else None


def _clock(seconds: float) -> str:
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min"
