"""What goes into a stream and comes out of it: blocks of codes, and notes of what was lost."""

from dataclasses import dataclass

from numpy.typing import NDArray


@dataclass(frozen=True)
class Block:
    """Codes of at most `block_steps` steps; block i starts at sample i · block_steps · hop."""

    index: int
    codes: NDArray  # (rows, T): uint8 events, or int64 indices
    gain: float = 1.0  # what the input was multiplied by before encoding; see `stored_gain`
    level: int | None = None  # μ, 0..31


@dataclass(frozen=True)
class Lost:
    """Blocks that `salvage` could not recover: `first` .. `first + count − 1`."""

    first: int
    count: int | None  # 0: damage that cost no block; None: unknown, the stream is cut off
    reason: str
