"""Parts of codes → the windows that they are decoded in before all that the model reaches is there.

What comes out when a part has arrived ends `ahead` frames before its end. A piece of it is of parts
that were coded alike, since a model decodes a window at one level.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.stream import Block
from spiking_music.codec.windows import Window


@dataclass(frozen=True)
class Piece:
    """A block to decode, or one that is lost: silence, whose codes are zeros to its neighbours."""

    block: Block
    lost: bool = False


@dataclass(frozen=True)
class Placed:
    """What is decoded at once: the window's inner frames, of which `first` is the first."""

    window: Window
    piece: Piece
    first: int


def placed(pieces: Iterable[Piece], size: int, context: int, ahead: int) -> Iterator[Placed]:
    """Windows of all pieces, in order, each with `context` frames before and `ahead` behind it.

    size: frames of every piece but the last. ahead: at most `size`.
    """
    held: deque[Piece] = deque()
    begin, done, end = 0, 0, 0  # the first frame held, the next to come out, that behind the last
    for piece in pieces:
        if not held:
            begin = done = end = piece.block.index * size
        held.append(piece)
        end += piece.block.codes.shape[1]
        yield from _between(held, begin, range(done, end - ahead), context, ahead)
        done = max(done, end - ahead)
        while done - context >= begin + size:
            held.popleft()
            begin += size
    yield from _between(held, begin, range(done, end), context, ahead)


def _between(
    held: Iterable[Piece], begin: int, frames: range, context: int, ahead: int
) -> Iterator[Placed]:
    """Windows of `frames`; those held are `begin` and the following."""
    if not frames:
        return
    whole: NDArray = np.concatenate([piece.block.codes for piece in held], axis=1)
    at = begin
    for _, run in groupby(held, lambda p: (p.block.level, p.block.gain, p.lost)):
        same = list(run)
        stop = at + sum(piece.block.codes.shape[1] for piece in same)
        first, last = max(frames.start, at), min(frames.stop, stop)
        if first < last:
            left = min(context, first - begin)
            data = whole[:, first - begin - left : last - begin + ahead]
            yield Placed(Window(data, left, last - first), same[0], first)
        at = stop
