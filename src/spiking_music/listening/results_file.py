"""One file of results in webMUSHRA's columns → sessions, each whole or left out with a reason.

The file of our page holds one session; webMUSHRA's server appends all sessions of a test to one
file. The columns between session_test_id and session_uuid are a questionnaire's, and what follows
the others is nobody's business here: neither is read.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEST, SESSION, CLIP, SYSTEM, SCORE = (
    *("session_test_id", "session_uuid"),
    *("trial_id", "rating_stimulus", "rating_score"),
)
NEEDED = (TEST, SESSION, CLIP, SYSTEM, SCORE)
SIMULATED = "simulated"  # in session_test_id: nobody has listened
HIGHEST = 100.0


@dataclass(frozen=True)
class Session:
    """What one listener made of one test, once."""

    file: str
    test: str
    uuid: str
    scores: dict[tuple[str, str], float]  # by clip and system

    @property
    def simulated(self) -> bool:
        return SIMULATED in self.test.lower()


@dataclass(frozen=True)
class LeftOut:
    """A file, or one session of it, that the statistics do not use, and why."""

    file: str
    session: str  # empty: the whole file
    reason: str


Rows = list[tuple[int, dict[str, str]]]  # with their lines


def read_sessions(path: Path) -> tuple[list[Session], list[LeftOut]]:
    """The sessions of a file in order of appearance, and what of it is malformed; never raises."""
    try:
        rows = list(_rows(path))
    except OSError as error:
        return [], [LeftOut(str(path), "", f"cannot be read ({error.strerror or error})")]
    except (ValueError, csv.Error) as error:  # UnicodeDecodeError is a ValueError
        return [], [LeftOut(str(path), "", f"malformed: {error}")]
    by_session: dict[str, Rows] = {}
    for line, row in rows:
        by_session.setdefault(row[SESSION], []).append((line, row))
    sessions, left_out = [], []
    for uuid, its_rows in by_session.items():
        try:
            sessions.append(_session(path, uuid, its_rows))
        except ValueError as error:
            left_out.append(LeftOut(str(path), uuid, f"malformed: {error}"))
    return sessions, left_out


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line; `ValueError` where it cannot be told which value is whose."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = [name.strip() for name in next(reader, [])]
        if missing := [name for name in NEEDED if header.count(name) != 1]:
            raise ValueError(f"needs one column {missing[0]}")
        empty = True
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                raise ValueError(
                    f"line {reader.line_num} has {len(values)} values for {len(header)} columns"
                )
            empty = False
            yield reader.line_num, dict(zip(header, map(str.strip, values), strict=True))
    if empty:
        raise ValueError("no ratings")


def _session(path: Path, uuid: str, rows: Rows) -> Session:
    tests = {row[TEST] for _, row in rows}
    if len(tests) > 1:
        raise ValueError(f"one session of {len(tests)} tests")
    scores: dict[tuple[str, str], float] = {}
    for line, row in rows:
        if empty := [name for name in NEEDED if not row[name]]:
            raise ValueError(f"line {line} has no {empty[0]}")
        rated = row[CLIP], row[SYSTEM]
        if rated in scores:
            raise ValueError(f"line {line} rates {row[SYSTEM]} of clip {row[CLIP]} again")
        scores[rated] = _score(row[SCORE], line)
    return Session(str(path), tests.pop(), uuid, scores)


def _score(text: str, line: int) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not 0 <= score <= HIGHEST:  # nor nan
        raise ValueError(f"line {line} has a score of '{text}', not of 0 to 100")
    return score
