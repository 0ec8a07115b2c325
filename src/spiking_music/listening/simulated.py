"""Listeners that do not exist, with known preferences: for trying out, never for reporting.

A rating is the system's true quality, plus this listener's bias towards the system on all clips
(`bias`), plus noise, rounded and cut to 0..100. The hidden reference is recognised, so that it has
neither. A random responder (`random`) draws every rating from 0..100, whatever is played. On the
scale of MOS and DCR, 0..100 is 1..5. Of AB the system with the higher rating of this kind is
preferred; of ABX a difference of d points is heard with probability 1 − exp(−d / noise), and X is
guessed where it is not.
"""

import csv
import math
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spiking_music import files
from spiking_music.config import SimulatedConfig
from spiking_music.listening.design import PAIRED, SCALES, pairs
from spiking_music.listening.result_files import (
    CHOICE,
    CLIP,
    NEITHER,
    REST,
    SCORE,
    SESSION,
    SIMULATED,
    SYSTEM,
    TEST,
)
from spiking_music.listening.scores import REFERENCE, Pages, in_order


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


def heard(difference: float, noise: float) -> float:
    """Chance that an answer of ABX is right; see above."""
    return 1 - 0.5 * math.exp(-abs(difference) / noise) if noise else 1 - 0.5 * (difference == 0)


def write_simulated(
    settings: SimulatedConfig, out: Path, seed: int, method: str = "mushra"
) -> None:
    """A result file a listener in the folder `out`; "simulated" is in every row and file name.

    method: of the test, as in `listening.design`. AB compares any two systems under test, ABX each
    with the reference.
    """
    paired = method in PAIRED
    columns = CHOICE if paired else (SYSTEM, SCORE)
    pages = simulate(settings, seed)
    draw = np.random.default_rng([seed, 1])
    with files.folder(out, "simulate-listeners") as folder:
        for unit in dict.fromkeys(pages.units):
            session = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{SIMULATED}:{seed}:{unit}"))
            path = folder / f"{SIMULATED}-{int(unit):03d}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow([TEST, "participant", SESSION, CLIP, *columns, *REST])
                who = [SIMULATED, f"{SIMULATED} {unit}", session]
                rest = [0, "", seed, method, 0]
                for clip, answer in _answers(pages, unit, settings, method, draw):
                    writer.writerow([*who, clip, *answer, *rest])
    files.wrote(out)


def _answers(
    pages: Pages, unit: str, settings: SimulatedConfig, method: str, draw: np.random.Generator
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Clips of a listener, and what is answered."""
    mine = pages.units == unit
    for clip, scores in zip(pages.clips[mine], pages.scores[mine], strict=True):
        rated = dict(zip(pages.systems, map(int, scores), strict=True))
        if method in PAIRED:
            for first, second in pairs(pages.systems, method):
                yield str(clip), _choice(rated, (first, second), settings, method, draw)
        else:
            low, high = SCALES[method]
            for system, score in rated.items():
                yield str(clip), (system, round(low + (high - low) * score / 100))


def _choice(
    rated: dict[str, int],
    pair: tuple[str, str],
    settings: SimulatedConfig,
    method: str,
    draw: np.random.Generator,
) -> tuple[str, ...]:
    """A, B, X and the answer, on a page of two systems."""
    a, b = draw.permutation(pair).tolist()
    if method == "ab":
        return a, b, "", NEITHER if rated[a] == rated[b] else max(a, b, key=rated.__getitem__)
    x = str(draw.choice([a, b]))
    difference = settings.scores[a] - settings.scores[b]
    right = draw.random() < heard(difference, settings.noise)
    return a, b, x, x if right else a if x == b else b
