"""Listeners that do not exist, with known preferences: for trying out, never for reporting.

A rating is the system's true quality, plus this listener's bias towards the system on all clips
(`bias`), plus noise, rounded and cut to 0..100. The hidden reference is recognised, so that it has
neither. A random responder (`random`) draws every rating from 0..100, whatever is played.
"""

import csv
import uuid
from pathlib import Path

import numpy as np

from spiking_music import files
from spiking_music.config import SimulatedConfig
from spiking_music.listening.results import SIMULATED
from spiking_music.listening.scores import REFERENCE, Pages, in_order

COLUMNS = [
    *("session_test_id", "participant", "session_uuid", "trial_id", "rating_stimulus"),
    *("rating_score", "rating_time", "rating_comment", "seed"),
]


def simulate(settings: SimulatedConfig, seed: int) -> Pages:
    """The ratings of all listeners; units are their numbers."""
    draw = np.random.default_rng(seed)
    systems = in_order(settings.scores)
    truth = np.array([settings.scores[name] for name in systems])
    recognised = np.array([name == REFERENCE for name in systems])
    shape = (settings.listeners, settings.clips, len(systems))
    bias = settings.bias * draw.normal(size=(settings.listeners, 1, len(systems)))
    scores = truth + ~recognised * (bias + settings.noise * draw.normal(size=shape))
    random_responder = draw.random(settings.listeners) < settings.random
    scores[random_responder] = draw.uniform(0, 100, size=shape)[random_responder]
    clips = [f"c{number}" for number in range(1, settings.clips + 1)]
    return Pages(
        source=f"{SIMULATED.upper()} listeners",
        screening="all",
        systems=systems,
        scores=scores.round().clip(0, 100).reshape(-1, len(systems)),
        units=np.repeat(np.arange(settings.listeners).astype(str), settings.clips),
        clips=np.tile(np.array(clips), settings.listeners),
    )


def write_simulated(settings: SimulatedConfig, out: Path, seed: int) -> None:
    """A result file a listener in the folder `out`; "simulated" is in every row and file name."""
    pages = simulate(settings, seed)
    with files.folder(out, "simulate-listeners") as folder:
        for unit in dict.fromkeys(pages.units):
            session = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{SIMULATED}:{seed}:{unit}"))
            path = folder / f"{SIMULATED}-{int(unit):03d}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows(_rows(pages, unit, session, seed))
    files.wrote(out)


def _rows(pages: Pages, unit: str, session: str, seed: int) -> list[list[object]]:
    who = [SIMULATED, f"{SIMULATED} {unit}", session]
    mine = pages.units == unit
    return [
        [*who, clip, system, int(score), 0, "", seed]
        for clip, scores in zip(pages.clips[mine], pages.scores[mine], strict=True)
        for system, score in zip(pages.systems, scores, strict=True)
    ]
