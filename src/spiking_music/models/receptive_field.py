"""How far a part of a model reaches over time, and what windows of a codec need for that."""

from dataclasses import dataclass

CONTEXT_FRAMES = 32  # further frames where there is no end: attention, recurrence, diffusion, phase


@dataclass(frozen=True)
class ReceptiveField:
    """Frames on either side that a frame of the output depends on.

    exact: there is no more to it; else these are those of the convolutions, and recurrence,
    attention or a search takes in all there is.
    """

    frames: int
    exact: bool = True

    def __add__(self, other: "ReceptiveField") -> "ReceptiveField":
        return ReceptiveField(self.frames + other.frames, self.exact and other.exact)

    @property
    def context(self) -> int:
        """Frames to code a block with: so many that more would (nearly) change nothing."""
        return self.frames if self.exact else self.frames + CONTEXT_FRAMES


FRAMEWISE = ReceptiveField(0)  # each frame is for itself


@dataclass(frozen=True)
class ContextFrames:
    """Frames on either side of a block that its window takes in, for the codes and for the sound.

    exact: all that the block depends on is within, so that a window gives what the whole file
    gives; else the window is all that attention sees or recurrence remembers.
    """

    encoder: int
    decoder: int
    exact: bool

    @classmethod
    def of(
        cls, encoder: ReceptiveField, decoder: ReceptiveField, alignment: int
    ) -> "ContextFrames":
        """Of both ends of a model whose blocks of codes are multiples of `alignment` frames."""
        aligned = -(-encoder.context // alignment) * alignment
        return cls(aligned, decoder.context, encoder.exact and decoder.exact)
