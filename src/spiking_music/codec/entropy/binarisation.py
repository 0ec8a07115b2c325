"""Binarisation of RVQ indices: labels whose bits mean something.

Indices that are used alike share their leading bits.

An index is described by what it occurs with: the index of the same codebook a step later, and that
of the codebook before it at the same step. Halving the codebook again and again, along the
direction in which these descriptions differ most, gives one bit after the other.
"""

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec import bits
from spiking_music.errors import CodeError
from spiking_music.rangecoder.static import Events

DIRECTIONS = 16  # that the descriptions are reduced to
ROUNDS = 3  # of subspace iteration


class Binarisation:
    """Indices ↔ the bits of their labels, a row a bit, the most significant bit first."""

    def __init__(self, labels: NDArray[np.uint16], width: int) -> None:
        """labels: (Q, K), the bits that stand for each index; width: how many."""
        rows, self._size = labels.shape
        self._labels, self._width = labels, width
        self._indices = np.full((rows, 1 << width), self._size, dtype=np.int64)
        self._indices[np.arange(rows)[:, None], labels] = np.arange(self._size)

    def events(self, codes: NDArray[np.uint8 | np.int64]) -> Events:
        """Indices (Q, T) → events (Q·width, T)."""
        labels = np.take_along_axis(self._labels, codes, axis=1)  # (Q, T)
        shifts = np.arange(self._width - 1, -1, -1, dtype=np.uint16)[:, None]
        return (labels[:, None] >> shifts & 1).astype(np.uint8).reshape(-1, codes.shape[1])

    def indices(self, z: Events) -> NDArray[np.int64]:
        """The inverse; `CodeError` for a label that names no index."""
        powers = 1 << np.arange(self._width - 1, -1, -1, dtype=np.int64)[:, None]
        labels = (z.reshape(len(self._labels), self._width, -1) * powers).sum(axis=1)
        indices = np.take_along_axis(self._indices, labels, axis=1)
        if indices.max() >= self._size:
            raise CodeError(f"an entropy code exceeds its codebook of {self._size}: it is damaged")
        return indices


def fit_binarisation(
    clips: NDArray, counts: NDArray[np.int64], codebook_size: int, seed: int
) -> NDArray[np.uint16]:
    """Labels (Q, K) below 2^⌈log2 K⌉ for indices `clips` (clips, Q, T) used `counts` (Q, K)."""
    draw = np.random.default_rng(seed)
    labels = []
    for q in range(clips.shape[1]):
        now = clips[:, q, :].astype(np.int64)
        tables = [_together(now[:, :-1], now[:, 1:], codebook_size)]
        tables.append(tables[0].T)
        if q:
            tables.append(_together(now, clips[:, q - 1, :].astype(np.int64), codebook_size))
        points = _describe(np.hstack(tables), draw)
        labels.append(_halve(points, counts[q], int(bits.width(codebook_size))))
    return np.stack(labels).astype(np.uint16)


def _together(first: NDArray, second: NDArray, size: int) -> NDArray[np.float64]:
    """How often two indices occur together, (K, K)."""
    pairs = np.bincount((first * size + second).ravel(), minlength=size * size)
    return pairs.reshape(size, size).astype(np.float64)


def _describe(table: NDArray[np.float64], draw: np.random.Generator) -> NDArray[np.float64]:
    """Rows of counts (K, M) as points (K, DIRECTIONS): leading directions of Pearson residuals."""
    total = max(table.sum(), 1)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    residuals = (table - expected) / np.sqrt(expected + 1e-9 + (expected == 0))
    basis = draw.standard_normal((table.shape[1], min(DIRECTIONS, *table.shape)))
    for _ in range(ROUNDS):
        basis = residuals.T @ np.linalg.qr(residuals @ basis)[0]
    points = residuals @ np.linalg.qr(basis)[0]
    weight = np.sqrt(table.sum(axis=1, keepdims=True) + 1)  # rare indices are not far out
    return points / weight


def _halve(points: NDArray[np.float64], counts: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Labels (K,) of points (K, D): halves of halves, `width` times, none above 2^rest."""
    labels = np.zeros(len(points), dtype=np.int64)
    parts = [np.arange(len(points))]
    for bit in range(width - 1, -1, -1):
        halves = []
        for part in parts:
            centred = points[part] - np.average(points[part], axis=0, weights=counts[part] + 1)
            scatter = (centred * (counts[part, None] + 1)).T @ centred
            direction = np.linalg.eigh(scatter)[1][:, -1]
            direction = direction * np.sign(direction[np.abs(direction).argmax()])
            order = part[np.argsort(centred @ direction, kind="stable")]
            split = max((len(order) + 1) // 2, len(order) - (1 << bit))
            labels[order[split:]] |= 1 << bit
            halves += [half for half in (order[:split], order[split:]) if len(half)]
        parts = halves
    return labels
