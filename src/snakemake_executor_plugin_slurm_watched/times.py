"""SLURM's way of writing times."""

import re

TIME = re.compile(r"(?:(?P<days>\d+)-)?(?P<rest>\d+(?::\d+){0,2})")


def minutes(text: str) -> int | None:
    """Whole minutes, rounded up, of a time as sbatch takes it and sinfo tells it.

    That is `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`,
    `days-hours:minutes` or `days-hours:minutes:seconds`; None for anything else, such as
    `infinite`.
    """
    found = TIME.fullmatch(text.strip())
    if not found:
        return None
    parts = [int(part) for part in found["rest"].split(":")]
    if found["days"]:  # hours come first
        hours, mins, seconds = (*parts, 0, 0)[:3]
        hours += 24 * int(found["days"])
    else:
        hours, mins, seconds = parts if len(parts) == 3 else (0, *parts, 0)[:3]
    return hours * 60 + mins + (seconds > 0)
