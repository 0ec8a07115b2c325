"""How loudness and levels of bands move in ladders: what `neighbours` codes them by."""

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.entropy.ladder import Layout, Rungs
from spiking_music.codec.entropy.neighbours_net import ASIDE, CHANGES, LAST, MORE, RISES
from spiking_music.codec.entropy.neighbours_parts import Chances
from spiking_music.codec.entropy.static import Frequencies, fit_static

Moves = NDArray[np.int64]


def fit_chances(ladders: list[Rungs], layout: Layout) -> Chances:
    """k of the flags of loudness, and of bands by what they are told."""
    moves = np.concatenate([np.diff(ladder.loudness) for ladder in ladders]).astype(np.int64)
    loudness = _fit(moves, np.zeros_like(moves), 1)[0]
    contexts, rows = (2 * LAST + 1, 2 * ASIDE + 1), []
    beside = np.concatenate([np.diff(ladder.loudness[:: layout.held]) for ladder in ladders])
    for band in range(layout.bands):
        levels = [ladder.bands[:, band].astype(np.int64) for ladder in ladders]
        moves = np.concatenate([np.diff(level) for level in levels])
        last = np.concatenate([np.diff(level, prepend=level[0])[:-1] for level in levels])
        told = (last.clip(-LAST, LAST) + LAST, beside.clip(-ASIDE, ASIDE) + ASIDE)
        context = np.ravel_multi_index(told, contexts)
        rows.append(_fit(moves, context, contexts[0] * contexts[1]).reshape(*contexts, 3))
        beside = moves
    return Chances(loudness, np.stack(rows))


def _fit(moves: Moves, context: Moves, contexts: int) -> Frequencies:
    """k (contexts, 3) of the three flags of moves (M,), each in its context."""

    def total(counted: NDArray) -> Moves:
        found = np.zeros(contexts, np.int64)
        np.add.at(found, context, counted)
        return found

    distance = np.abs(moves)
    changed, far = total(distance > 0), total(distance)
    k = np.empty((contexts, 3), np.uint16)
    for flag, ones, trials in (
        (CHANGES, changed, total(np.ones_like(moves))),
        (RISES, total(moves > 0), changed),
        (MORE, far - changed, far),
    ):
        k[:, flag] = fit_static(ones, trials)
    return k
