"""Random numbers of decoders, each a function of a seed and of the frame that it belongs to.

A stream is decoded window by window, and windows overlap: where all of them draw the same numbers
for the same frame, their sounds fit together (*ours*).
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Draw = Callable[[np.random.Generator, int], NDArray[np.float32]]


class Noise:
    """Draws for clips that begin at the frames `first`, one each, or all at the same one."""

    def __init__(self, seed: int, first: Sequence[int] = (0,)) -> None:
        self.seed, self.first = seed, tuple(first)

    def normal(self, rows: int, frames: int) -> Tensor:
        """Of unit variance: (B, rows, frames) float32, B = 1 where all clips begin alike."""
        return self._drawn(rows, frames, lambda draw, n: draw.standard_normal(n, np.float32))

    def uniform(self, rows: int, frames: int) -> Tensor:
        """In 0..1, of the same shape."""
        return self._drawn(rows, frames, lambda draw, n: draw.random(n, np.float32))

    def _drawn(self, rows: int, frames: int, draw: Draw) -> Tensor:
        columns: dict[int, NDArray[np.float32]] = {}
        for first in set(self.first):
            for frame in range(first, first + frames):
                if frame not in columns:
                    bits = np.random.Philox(key=self.seed, counter=[0, 0, 0, frame])
                    columns[frame] = draw(np.random.Generator(bits), rows)
        clips = [
            np.stack([columns[frame] for frame in range(first, first + frames)], axis=1)
            for first in (self.first if len(set(self.first)) > 1 else self.first[:1])
        ]
        return torch.from_numpy(np.stack(clips))
