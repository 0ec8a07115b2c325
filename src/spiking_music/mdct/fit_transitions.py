"""Fitting of `Transitions`: how frame gains and envelopes move from frame to frame."""

import numpy as np
from numpy.typing import NDArray

from spiking_music.mdct.context_network import ASIDE, CHANGES, LAST, MORE, RISES
from spiking_music.mdct.context_tables import Transitions
from spiking_music.mdct.thermometer import Layout, Quantized
from spiking_music.rangecoder.static import Frequencies, fit_static

Moves = NDArray[np.int64]


def fit_transitions(clips: list[Quantized], layout: Layout) -> Transitions:
    """k of the flags of the gain, and of bands in their contexts."""
    moves = np.concatenate([np.diff(clip.gains) for clip in clips]).astype(np.int64)
    gain = _fit(moves, np.zeros_like(moves), 1)[0]
    contexts, rows = (2 * LAST + 1, 2 * ASIDE + 1), []
    beside = np.concatenate(
        [np.diff(quantized.gains[:: layout.band_frames]) for quantized in clips]
    )
    for band in range(layout.bands):
        levels = [clip.envelope[:, band].astype(np.int64) for clip in clips]
        moves = np.concatenate([np.diff(level) for level in levels])
        last = np.concatenate([np.diff(level, prepend=level[0])[:-1] for level in levels])
        context = (last.clip(-LAST, LAST) + LAST, beside.clip(-ASIDE, ASIDE) + ASIDE)
        place = np.ravel_multi_index(context, contexts)
        rows.append(_fit(moves, place, contexts[0] * contexts[1]).reshape(*contexts, 3))
        beside = moves
    return Transitions(gain, np.stack(rows))


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
