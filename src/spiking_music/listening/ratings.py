"""Scores of listeners, or of metrics in their place → the tables that figure 3 is drawn from.

A metric is a single judge, and always the same: it is no sample of listeners. What varies are
clips, so each clip is a page, and clips of one performance are a unit. Intervals and tests say how
far the metric's scores hold for other music, not for other listeners; tables and figures say so.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music.config import RatingsConfig
from spiking_music.errors import DataError
from spiking_music.evaluation.bootstrap import MIN_GROUPS
from spiking_music.evaluation.tables import read
from spiking_music.listening import report
from spiking_music.listening.mixed import mixed
from spiking_music.listening.result_files import SIMULATED_LISTENERS, LeftOut
from spiking_music.listening.results import Collected, collect
from spiking_music.listening.scores import ANCHOR_NAMES, Pages, in_order
from spiking_music.listening.screening import SCREENINGS, screen


def listeners_ratings(
    results: Sequence[Path], out: Path, settings: RatingsConfig, seed: int
) -> None:
    """Write the tables of `report.write` for both screenings to the folder `out`.

    Besides: mixed.csv (of `mixed`), listeners.csv (of `screen`, with source and file) and
    left-out.csv (file, session, reason), which is said on stderr too. Listeners of MOS and DCR are
    not screened, as the rules are about 0 to 100. Raises `DataError` where no file can be used, the
    test has no hidden reference or no anchor, or nobody passes either screening.
    """
    collected = collect(results)
    for left in collected.left_out:
        print(f"left out: {_session_name(left)}: {left.reason}", file=sys.stderr)
    listeners, screened = _screened(collected)
    rated = [pages for pages in screened if len(pages.scores)]
    if not rated:
        raise DataError(f"none of the {len(listeners)} listeners passes a screening: ask more")
    listeners.insert(0, "source", collected.pages.source)
    listeners.insert(2, "file", listeners["unit"].map(collected.files))
    left_out = pd.DataFrame(map(asdict, collected.left_out), columns=["file", "session", "reason"])
    models = pd.concat([mixed(pages) for pages in rated], ignore_index=True)
    others = {"listeners.csv": listeners, "left-out.csv": left_out, "mixed.csv": models}
    about = report.Folder(out, "ratings", results)
    report.write(rated, _notes(collected, listeners), others, about, settings, seed)


def _screened(collected: Collected) -> tuple[pd.DataFrame, list[Pages]]:
    """A row a listener, and the pages of those who pass each screening."""
    pages = collected.pages
    if collected.method != "mushra":
        units = np.unique(pages.units)
        return pd.DataFrame({"unit": units}), [pages.screened("none", set(units))]
    listeners = screen(pages)
    return listeners, [
        pages.screened(name, set(listeners.loc[listeners[name] == 1, "unit"]))
        for name in SCREENINGS
    ]


def _session_name(left: LeftOut) -> str:
    return left.file + (f" (session {left.session})" if left.session else "")


def _notes(collected: Collected, listeners: pd.DataFrame) -> list[str]:
    notes = [
        f"{name} keeps {listeners[name].sum()} of {len(listeners)} {collected.pages.source}"
        for name in SCREENINGS
        if name in listeners
    ]
    if collected.method != "mushra":
        notes.append(f"{collected.method.upper()}, 1 to 5: {len(listeners)} listeners, all kept")
    if collected.pages.source == SIMULATED_LISTENERS:
        notes.insert(0, "**Nobody has listened: these ratings are simulated**")
    notes += [f"left out: {_session_name(left)}: {left.reason}" for left in collected.left_out]
    return notes


METRICS = {"visqol": "ViSQOL", "zimtohrli": "Zimtohrli"}
SOURCE = "objective ({})"
PLACE = ["performance", "offset"]  # of a clip


def objective_ratings(
    evaluation: Mapping[str, Path], out: Path, settings: RatingsConfig, seed: int
) -> None:
    """Write the tables of `report.write` for ViSQOL and for Zimtohrli to the folder `out`.

    evaluation: the table of `evaluate` of each system. Clips that are silent, or that a metric
    failed on, are left out for all systems. Raises `DataError` where tables are missing, have other
    clips, or hold no scores.
    """
    scores = {
        ANCHOR_NAMES.get(name, name): read(path, PLACE, [*METRICS])
        for name, path in evaluation.items()
    }
    if len(scores) < 2:
        raise DataError("objective scores compare systems: give the tables of two at least")
    systems = in_order(scores)
    places = scores[systems[0]][PLACE]
    for name in systems:
        if not scores[name][PLACE].equals(places):
            raise DataError(f"the table of '{name}' has other clips: evaluate all systems again")
    rated, notes = [], ["Nobody has listened: these are the scores of metrics"]
    for metric, name in METRICS.items():
        columns = np.stack([scores[system][metric].to_numpy() for system in systems], axis=1)
        known = ~np.isnan(columns).any(axis=1)  # (clips,)
        if not known.any():
            continue
        units, kind = _units(places[known])
        clips = places[known].astype(str).agg(":".join, axis=1).to_numpy(str)
        rated.append(Pages(SOURCE.format(name), "none", systems, columns[known], units, clips))
        notes.append(f"{name}: {known.sum()} of {len(known)} clips; a unit is a {kind}")
    if not rated:
        raise DataError(
            "the tables hold no ViSQOL or Zimtohrli scores: set evaluation.perceptual to true"
        )
    about = report.Folder(out, "objective-ratings", list(evaluation.values()))
    report.write(rated, notes, {}, about, settings, seed)


def _units(places: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Performances, or clips where there are too few to tell anything (as in `bootstrap`)."""
    performances = places["performance"].astype(str).to_numpy(str)
    if len(np.unique(performances)) >= MIN_GROUPS:
        return performances, "performance"
    return np.arange(len(places)).astype(str), "clip, as if independent: too few performances"
