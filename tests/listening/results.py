"""Result files as the page writes them, and ratings."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from spiking_music.listening.scores import Pages

HEADER = (
    "session_test_id,participant,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,"
    "rating_comment,seed\r\n"
)
SCORES = {"reference": 100, "rvq": 70, "free": 60, "anchor-distorted": 10}
CLIPS = ("c1", "c2")


def rows(session: str, test: str = "piano", **changed: int) -> list[str]:
    """The lines of one session that rates two clips; `changed` scores hold for both."""
    scores = {name: changed.get(name, score) for name, score in SCORES.items()}
    return [
        f"{test},Ann,{session},{clip},{name},{score},1200,,7\r\n"
        for clip in CLIPS
        for name, score in scores.items()
    ]


def write(path: Path, lines: Iterable[str], header: str = HEADER) -> Path:
    path.write_text(header + "".join(lines), newline="")
    return path


def pages(scores: object, units: list[str], systems: tuple[str, ...]) -> Pages:
    """Pages of listeners from scores (P, K)."""
    array = np.asarray(scores, dtype=float)
    clips = np.array([f"c{index}" for index in range(len(array))])
    return Pages("listeners", "all", systems, array, np.array(units), clips)
