"""Ratings in result files → the scores of all whole sessions, and why others are left out."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spiking_music.errors import DataError
from spiking_music.listening.design import SCALES
from spiking_music.listening.result_files import (
    CLIP,
    LISTENERS,
    SCORE,
    SESSION,
    SIMULATED_LISTENERS,
    SYSTEM,
    TEST,
    LeftOut,
    Rows,
    Session,
    Sieved,
    left_out,
    most,
    read_file,
    sessions_of,
)
from spiking_music.listening.scores import Pages, in_order

NEEDED = (TEST, SESSION, CLIP, SYSTEM, SCORE)
Scores = dict[tuple[str, str], float]  # by clip and system


@dataclass(frozen=True)
class Collected:
    """The ratings of all whole sessions of one test; a unit is a session, by its uuid."""

    pages: Pages
    files: dict[str, str]  # of each unit
    left_out: list[LeftOut]
    method: str


def read_sessions(path: Path) -> Sieved[Scores]:
    """The sessions of a file in order of appearance, and what of it is malformed; never raises."""
    return read_file(path, NEEDED, _scores)


def collect(paths: Iterable[Path]) -> Collected:
    """Read result files, in order of their names; raises `DataError` where no session is usable.

    Left out is what `sessions_of` leaves out, and then sessions that do not rate as many clips as
    most do, or other systems.
    """
    sessions, dropped = sessions_of(paths, NEEDED, _scores)
    sessions, partial = _whole(sessions)
    dropped += partial
    if not sessions:
        reason = f"; '{dropped[0].file}' {dropped[0].reason}" if dropped else ""
        raise DataError(f"no result file holds a usable session{reason}")
    files = {session.uuid: session.file for session in sessions}
    return Collected(_pages(sessions), files, dropped, sessions[0].method)


def _scores(rows: Rows, method: str) -> Scores:
    if method not in SCALES:
        raise ValueError(f"method '{method}' has no scores")
    scores: Scores = {}
    for line, row in rows:
        if empty := [name for name in NEEDED if not row[name]]:
            raise ValueError(f"line {line} has no {empty[0]}")
        rated = row[CLIP], row[SYSTEM]
        if rated in scores:
            raise ValueError(f"line {line} rates {row[SYSTEM]} of clip {row[CLIP]} again")
        scores[rated] = _score(row[SCORE], line, *SCALES[method])
    return scores


def _score(text: str, line: int, low: int, high: int) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not low <= score <= high:  # nor nan
        raise ValueError(f"line {line} has a score of '{text}', not of {low} to {high}")
    return score


def _whole(sessions: list[Session[Scores]]) -> Sieved[Scores]:
    """Sessions that rate as many clips as most do, and of each clip the systems that most do.

    Which clips may differ from listener to listener, as where each gets a block of them.
    """
    if not sessions:
        return [], []
    systems = set(most(tuple(sorted(each)) for s in sessions for each in _by_clip(s).values()))
    clips = most(len(_by_clip(session)) for session in sessions)
    size = clips * len(systems)
    kept, dropped = [], []
    for session in sessions:
        pages = _by_clip(session)
        rated = sum(len(each & systems) for each in pages.values())
        if len(pages) == clips and all(each == systems for each in pages.values()):
            kept.append(session)
        elif rated < size:
            reason = f"partial: {size - rated} of {size} ratings are missing"
            dropped.append(left_out(session, reason))
        else:
            adds = len(session.answers) - size
            dropped.append(left_out(session, f"{adds} ratings that the others do not have"))
    # a design with a hole, such as another set of systems for each clip, has no pages
    if not kept:
        raise DataError(
            f"the sessions of test '{sessions[0].test}' do not rate every system of every clip: "
            "comparisons need all of them on a page"
        )
    return kept, dropped


def _by_clip(session: Session[Scores]) -> dict[str, set[str]]:
    """The systems that a session rates of each clip."""
    pages: dict[str, set[str]] = {}
    for clip, system in session.answers:
        pages.setdefault(clip, set()).add(system)
    return pages


def _pages(sessions: list[Session[Scores]]) -> Pages:
    systems = in_order({system for _, system in sessions[0].answers})
    pages = [(session, clip) for session in sessions for clip in sorted(_by_clip(session))]
    return Pages(
        source=SIMULATED_LISTENERS if sessions[0].simulated else LISTENERS,
        screening="all",
        systems=systems,
        scores=np.array([[s.answers[clip, system] for system in systems] for s, clip in pages]),
        units=np.array([session.uuid for session, _ in pages]),
        clips=np.array([clip for _, clip in pages]),
    )
