"""What a codec asks of a model, in arrays: whoever computes it, and on whatever device."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spiking_music.models.receptive_field import ContextFrames

Audio = NDArray[np.float32]  # (B, L), L = T·hop, full scale = 1
Latents = NDArray[np.float32]  # (B, …), of no use but to `codes_at`
Codes = NDArray  # (B, rows, T), uint8 events or int64 indices
Levels = NDArray[np.int64]  # (B,), μ of each clip; None of models without levels


class LevelNetwork(Protocol):
    """What rate control needs; B counts clips, each with its own level."""

    def latents(self, audio: Audio) -> Latents:
        """What does not depend on μ, computed once for all levels."""

    def codes_at(self, latents: Latents, level: Levels | None) -> Codes:
        """Codes at the levels."""

    def decode(
        self,
        codes: Codes,
        level: Levels | None = None,
        first: Sequence[int] = (0,),
        kept: slice = slice(None),
    ) -> Audio:
        """Audio of the frames `kept` of codes; `CodeError` where they are none of this model's.

        first: the frame of its signal at which each clip begins, one for each or for all.
        """


class Network(LevelNetwork, Protocol):
    """A trained model.

    context: frames around a block that its window takes in. alignment: frames of which blocks are
    multiples. batch: windows at once that are fastest.
    """

    context: ContextFrames
    alignment: int
    batch: int

    def encode(self, audio: Audio, level: Levels | None = None) -> Codes:
        """Codes of audio; `CodeError` at another length or level than the model takes."""


class Refinement(Protocol):
    """Cheaper codes than a network's own, for an encoder."""

    def __call__(
        self, codes: Codes, latents: Latents, level: Levels | None, frames: slice, continued: bool
    ) -> Codes:
        """Codes (B, rows, T) of windows with the `frames` chosen anew, by the latents they are of.

        continued: the frames continue a block, so that the entropy coder knows those before.
        """
