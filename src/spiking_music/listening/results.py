"""Result files of a listening test → the scores of all whole sessions, and why others are left out.

Files have webMUSHRA's columns. The file of our page holds one session; webMUSHRA's server appends
all sessions of a test to one file. The columns between session_test_id and session_uuid are a
questionnaire's, and what follows the others is nobody's business here: neither is read.
"""

import csv
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from spiking_music.errors import DataError
from spiking_music.listening.scores import Pages, in_order

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
    """Each row with its line; `ValueError` where a value has no column."""
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


LISTENERS, SIMULATED_LISTENERS = "listeners", "SIMULATED listeners"
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Collected:
    """The ratings of all whole sessions of one test; a unit is a session, by its uuid."""

    pages: Pages
    files: dict[str, str]  # of each unit
    left_out: list[LeftOut]


def collect(paths: Iterable[Path]) -> Collected:
    """Read result files, in order of their names; raises `DataError` where no session is usable.

    Left out, in this order: what is malformed; sessions that come again (all copies but the first
    where they agree, all of them where they do not); simulated ones beside real ones; sessions of
    other tests than most; sessions that do not rate as many clips as most do, or other systems.
    """
    sessions: list[Session] = []
    left_out: list[LeftOut] = []
    for path in sorted(paths):
        found, malformed = read_sessions(path)
        sessions += found
        left_out += malformed
    for sieve in (_once, _real, _same_test, _whole):
        sessions, dropped = sieve(sessions)
        left_out += dropped
    if not sessions:
        reason = f"; '{left_out[0].file}' {left_out[0].reason}" if left_out else ""
        raise DataError(f"no result file holds a usable session{reason}")
    return Collected(_pages(sessions), {s.uuid: s.file for s in sessions}, left_out)


Sieved = tuple[list[Session], list[LeftOut]]


def _once(sessions: list[Session]) -> Sieved:
    first: dict[str, Session] = {}
    torn: set[str] = set()  # uuids whose copies contradict each other
    for session in sessions:
        other = first.setdefault(session.uuid, session)
        if (other.test, other.scores) != (session.test, session.scores):
            torn.add(session.uuid)
    kept = [s for s in first.values() if s.uuid not in torn]
    left_out = []
    for session in sessions:
        if session.uuid in torn:
            left_out.append(_left_out(session, "duplicated: copies with different ratings"))
        elif session is not first[session.uuid]:
            reason = f"duplicated: the session is in '{first[session.uuid].file}'"
            left_out.append(_left_out(session, reason))
    return kept, left_out


def _real(sessions: list[Session]) -> Sieved:
    """Simulated sessions count only by themselves: one real session excludes all of them."""
    if all(session.simulated for session in sessions):
        return sessions, []
    kept = [session for session in sessions if not session.simulated]
    dropped = [_left_out(s, "simulated, beside real listeners") for s in sessions if s.simulated]
    return kept, dropped


def _same_test(sessions: list[Session]) -> Sieved:
    if not sessions:
        return [], []
    test = _most(session.test for session in sessions)
    kept = [session for session in sessions if session.test == test]
    dropped = [
        _left_out(session, f"of test '{session.test}', not '{test}'")
        for session in sessions
        if session.test != test
    ]
    return kept, dropped


def _whole(sessions: list[Session]) -> Sieved:
    """Sessions that rate as many clips as most do, and of each clip the systems that most do.

    Which clips may differ from listener to listener, as where each gets a block of them.
    """
    if not sessions:
        return [], []
    systems = set(_most(tuple(sorted(each)) for s in sessions for each in _by_clip(s).values()))
    clips = _most(len(_by_clip(session)) for session in sessions)
    size = clips * len(systems)
    kept, dropped = [], []
    for session in sessions:
        pages = _by_clip(session)
        rated = sum(len(each & systems) for each in pages.values())
        if len(pages) == clips and all(each == systems for each in pages.values()):
            kept.append(session)
        elif rated < size:
            reason = f"partial: {size - rated} of {size} ratings are missing"
            dropped.append(_left_out(session, reason))
        else:
            adds = len(session.scores) - size
            dropped.append(_left_out(session, f"{adds} ratings that the others do not have"))
    # a design with a hole, such as another set of systems for each clip, has no pages
    if not kept:
        raise DataError(
            f"the sessions of test '{sessions[0].test}' do not rate every system of every clip: "
            "comparisons need all of them on a page"
        )
    return kept, dropped


def _by_clip(session: Session) -> dict[str, set[str]]:
    """The systems that a session rates of each clip."""
    pages: dict[str, set[str]] = {}
    for clip, system in session.scores:
        pages.setdefault(clip, set()).add(system)
    return pages


def _most(keys: Iterable[Key]) -> Key:
    """The most frequent; of equals the largest, so that the order of files decides nothing."""
    counts = Counter(keys)
    return max(counts, key=lambda key: (counts[key], _size(key), key))


def _size(key: Hashable) -> int:
    return len(key) if isinstance(key, tuple) else 0


def _left_out(session: Session, reason: str) -> LeftOut:
    return LeftOut(session.file, session.uuid, reason)


def _pages(sessions: list[Session]) -> Pages:
    systems = in_order({system for _, system in sessions[0].scores})
    pages = [(session, clip) for session in sessions for clip in sorted(_by_clip(session))]
    return Pages(
        source=SIMULATED_LISTENERS if sessions[0].simulated else LISTENERS,
        screening="all",
        systems=systems,
        scores=np.array([[s.scores[clip, system] for system in systems] for s, clip in pages]),
        units=np.array([session.uuid for session, _ in pages]),
        clips=np.array([clip for _, clip in pages]),
    )
