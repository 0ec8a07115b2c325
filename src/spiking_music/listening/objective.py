"""Objective scores as a stand-in for ratings: the same tables, and nobody could take them for any.

A metric is one judge, and always the same: it is no sample of listeners. What varies are clips,
so each clip is a page, and clips of one performance are a unit. Intervals and tests say how far a
metric's verdict holds for other music, not for other ears.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music.config import RatingsConfig
from spiking_music.errors import DataError
from spiking_music.evaluation.bootstrap import FEW
from spiking_music.listening import tables
from spiking_music.listening.pages import ANCHOR_NAMES, Pages, in_order

METRICS = {"visqol": "ViSQOL", "zimtohrli": "Zimtohrli"}
SOURCE = "objective ({})"
PLACE = ["performance", "offset"]  # of a clip


def stand_in(evaluation: Mapping[str, Path], out: Path, settings: RatingsConfig, seed: int) -> None:
    """Write the tables of `tables.write` for ViSQOL and for Zimtohrli to the folder `out`.

    evaluation: the table of `evaluate` of each system. Clips that are silent, or that a metric
    failed on, are left out for all systems. Raises `DataError` where tables are missing, have other
    clips, or hold no scores.
    """
    scores = {ANCHOR_NAMES.get(name, name): _read(path) for name, path in evaluation.items()}
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
    tables.write(rated, notes, {}, out, settings, seed, "objective-ratings", evaluation.values())


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, usecols=[*PLACE, *METRICS])
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read table '{path}' ({error}): run its rule again") from None


def _units(places: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Performances, or clips where there are too few to tell anything (as in `bootstrap`)."""
    performances = places["performance"].astype(str).to_numpy(str)
    if len(np.unique(performances)) >= FEW:
        return performances, "performance"
    return np.arange(len(places)).astype(str), "clip, as if independent: too few performances"
