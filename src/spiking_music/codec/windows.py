"""A signal of any length as blocks with context on either side, in constant memory."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")


@dataclass(frozen=True)
class Window:
    """One block of a signal and what lies around it; `data` may be shared and is not to be changed.

    data: (…, left + size + right); the block is `data[…, left : left + size]`.
    """

    data: NDArray
    left: int
    size: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """What windows must share to be stacked and cut alike."""
        return self.data.shape[-1], self.left, self.size


def windows(
    pieces: Iterable[NDArray], size: int, context: int, ahead: int | None = None
) -> Iterator[Window]:
    """Pieces (…, n), n varying, of one signal → a window for each block of `size` entries.

    Every window has `context` entries before the block and `ahead`, by default as many, behind it,
    or those that the signal has there: at its ends they are clamped, and the last block may be
    shorter.
    """
    ahead = context if ahead is None else ahead
    waiting: list[NDArray] = []
    there, left = 0, 0  # entries in `waiting`; those of them before the next block
    for piece in pieces:
        waiting.append(piece)
        there += piece.shape[-1]
        if there < left + size + ahead:
            continue
        data = np.concatenate(waiting, axis=-1)
        while data.shape[-1] >= left + size + ahead:
            yield Window(data[..., : left + size + ahead], left, size)
            data, left = _advance(data, left + size, context)
        waiting, there = [data], data.shape[-1]
    data = np.concatenate(waiting, axis=-1) if waiting else np.empty(0)
    while data.shape[-1] > left:
        last = min(size, data.shape[-1] - left)
        yield Window(data[..., : left + last + ahead], left, last)
        data, left = _advance(data, left + last, context)


def alike(
    items: Iterable[Item], key: Callable[[Item], Hashable], count: int
) -> Iterator[list[Item]]:
    """Neighbours of equal `key` in lists of at most `count`: what a model takes at once."""
    for _, run in groupby(items, key):
        while batch := list(islice(run, count)):
            yield batch


def _advance(data: NDArray, end: int, context: int) -> tuple[NDArray, int]:
    """`data` without what no later window needs, and the new `left`."""
    left = min(end, context)
    return data[..., end - left :], left
