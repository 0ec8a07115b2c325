"""What the log of a training says of its pace; apart from `status`, as it imports nothing slow."""

import re
from collections.abc import Iterable
from pathlib import Path

STEP = re.compile(r"step (\d+) of (\d+), ([\d.e+-]+) s a step, (.+) left$")  # `progress.Progress`


def lines_of(log: Path) -> list[str]:
    """Of a log that may still be written."""
    return log.read_text("utf-8", errors="replace").splitlines()


def steps(lines: Iterable[str]) -> list[re.Match[str]]:
    """What lines say of train steps: done, of how many, seconds each, time left."""
    return [found for line in lines if (found := STEP.search(line))]


def last_pace(log: Path) -> float | None:
    """Seconds a step, as last said; None where nothing was."""
    told = steps(lines_of(log)) if log.is_file() else []
    return float(told[-1][3]) if told else None
