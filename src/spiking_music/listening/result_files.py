"""Result files of listening tests → sessions, and why others are left out.

Files have webMUSHRA's columns, or those of choices. The file of our page holds one session; a
server's may hold all sessions of a test. The columns between session_test_id and session_uuid are a
questionnaire's, and what follows the others is nobody's business here: neither is read.
"""

import csv
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

TEST, SESSION, CLIP, SYSTEM, SCORE = (
    *("session_test_id", "session_uuid"),
    *("trial_id", "rating_stimulus", "rating_score"),
)
CHOICE = CHOICE_A, CHOICE_B, CHOICE_X, CHOSEN = (
    *("choice_a", "choice_b", "choice_x", "choice_answer"),
)
NEITHER = "none"  # the answer that neither is preferred
METHOD, FAILED = "method", "attention_failed"  # where they are missing: MUSHRA, no attention pages
REST = ("rating_time", "rating_comment", "seed", METHOD, FAILED)
SIMULATED = "simulated"  # in session_test_id: nobody has listened
LISTENERS, SIMULATED_LISTENERS = "listeners", "SIMULATED listeners"

Answers = TypeVar("Answers")
Rows = list[tuple[int, dict[str, str]]]  # with their lines
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Session(Generic[Answers]):
    """What one listener made of one test, once."""

    file: str
    test: str
    uuid: str
    answers: Answers
    method: str
    failed: int  # attention pages

    @property
    def simulated(self) -> bool:
        return SIMULATED in self.test.lower()


@dataclass(frozen=True)
class LeftOut:
    """A file, or one session of it, that the statistics do not use, and why."""

    file: str
    session: str  # empty: the whole file
    reason: str


Sieved = tuple[list[Session[Answers]], list[LeftOut]]


def sessions_of(
    paths: Iterable[Path],
    columns: Sequence[str],
    read: Callable[[Rows, str], Answers],
) -> Sieved[Answers]:
    """The sessions of files, in order of their names, and what is left out of them.

    Left out, in this order: what is malformed; sessions that come again (all copies but the first
    where they agree, all of them where they do not); simulated ones beside real ones; sessions of
    other tests, or of other methods, than most; those that failed an attention page. columns: that
    a file needs; read: answers from the rows of a session and its method, or `ValueError`.
    """
    sessions: list[Session[Answers]] = []
    left_out: list[LeftOut] = []
    for path in sorted(paths):
        found, malformed = read_file(path, columns, read)
        sessions += found
        left_out += malformed
    for sieve in (_once, _real, _same_test, _attentive):
        sessions, dropped = sieve(sessions)
        left_out += dropped
    return sessions, left_out


def read_file(
    path: Path, columns: Sequence[str], read: Callable[[Rows, str], Answers]
) -> Sieved[Answers]:
    """The sessions of a file in order of appearance, and what of it is malformed; never raises."""
    try:
        rows = list(_rows(path, columns))
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
            sessions.append(_session(path, uuid, its_rows, read))
        except ValueError as error:
            left_out.append(LeftOut(str(path), uuid, f"malformed: {error}"))
    return sessions, left_out


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its line; `ValueError` where a value has no column."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = [name.strip() for name in next(reader, [])]
        if missing := [name for name in columns if header.count(name) != 1]:
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


def _session(
    path: Path, uuid: str, rows: Rows, read: Callable[[Rows, str], Answers]
) -> Session[Answers]:
    tests = {row[TEST] for _, row in rows}
    if len(tests) > 1:
        raise ValueError(f"one session of {len(tests)} tests")
    method = _only(rows, METHOD) or "mushra"
    failed = _only(rows, FAILED) or "0"
    if not failed.isdecimal():
        raise ValueError(f"{FAILED} is '{failed}', no number of pages")
    return Session(str(path), tests.pop(), uuid, read(rows, method), method, int(failed))


def _only(rows: Rows, column: str) -> str:
    """The value that a column has in all rows; empty where there is no such column."""
    values = {row.get(column, "") for _, row in rows}
    if len(values) > 1:
        raise ValueError(f"one session with {len(values)} values of {column}")
    return values.pop()


def _once(sessions: list[Session[Answers]]) -> Sieved[Answers]:
    first: dict[str, Session[Answers]] = {}
    torn: set[str] = set()  # uuids whose copies contradict each other
    for session in sessions:
        other = first.setdefault(session.uuid, session)
        if (other.test, other.answers) != (session.test, session.answers):
            torn.add(session.uuid)
    kept = [s for s in first.values() if s.uuid not in torn]
    dropped = []
    for session in sessions:
        if session.uuid in torn:
            dropped.append(left_out(session, "duplicated: copies with different ratings"))
        elif session is not first[session.uuid]:
            reason = f"duplicated: the session is in '{first[session.uuid].file}'"
            dropped.append(left_out(session, reason))
    return kept, dropped


def _real(sessions: list[Session[Answers]]) -> Sieved[Answers]:
    """Simulated sessions count only by themselves: one real session excludes all of them."""
    if all(session.simulated for session in sessions):
        return sessions, []
    kept = [session for session in sessions if not session.simulated]
    dropped = [left_out(s, "simulated, beside real listeners") for s in sessions if s.simulated]
    return kept, dropped


def _same_test(sessions: list[Session[Answers]]) -> Sieved[Answers]:
    if not sessions:
        return [], []
    test = most((session.test, session.method) for session in sessions)
    kept = [session for session in sessions if (session.test, session.method) == test]
    dropped = []
    for session in sessions:
        if session.test != test[0]:
            dropped.append(left_out(session, f"of test '{session.test}', not '{test[0]}'"))
        elif session.method != test[1]:
            dropped.append(left_out(session, f"of method '{session.method}', not '{test[1]}'"))
    return kept, dropped


def _attentive(sessions: list[Session[Answers]]) -> Sieved[Answers]:
    kept = [session for session in sessions if not session.failed]
    dropped = [
        left_out(session, f"inattentive: {session.failed} attention pages failed")
        for session in sessions
        if session.failed
    ]
    return kept, dropped


def most(keys: Iterable[Key]) -> Key:
    """The most frequent; of equals the largest, so that the order of files decides nothing."""
    counts = Counter(keys)
    return max(counts, key=lambda key: (counts[key], _size(key), key))


def _size(key: Hashable) -> int:
    return len(key) if isinstance(key, tuple) else 0


def left_out(session: Session[Answers], reason: str) -> LeftOut:
    return LeftOut(session.file, session.uuid, reason)
