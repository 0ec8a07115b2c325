"""Events as tokens for language models (*ours*): a token an event, and one that ends each frame.

Token u < N says that unit u fires in this frame, token N that the frame is over. Within a frame
units ascend, so that events have exactly one sequence. Where few units of many fire this is far
shorter than the integers of `codec.integers`, which say of all units whether they fire: music at
the default level of the package's model has about 1100 tokens a second, and 8000 integers of 16
bits.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.codec.event_tables import EVENT
from spiking_music.codec.events import checked
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.units import units
from spiking_music.errors import CodeError


def to_event_tokens(codec: CodecModel, events: ArrayLike) -> NDArray[np.int64]:
    """Events of a model as tokens (M,) of 0 .. N, up to the end of the recording.

    Where the events do not know its length, up to the end of their last frame. Raises `DataError`
    for what are no events of the model.
    """
    count, hop = len(units(codec.config)), codec.config.signal.hop
    frame, unit = checked(events, codec.config.signal.sample_rate, hop, count)
    coding = getattr(events, "coding", None)
    frames = int(frame.max()) + 1 if len(frame) else 0
    if coding is not None:
        frames = max(frames, -(-coding.samples // hop))
    pairs = np.unique(np.stack([frame, unit], axis=1), axis=0)
    ends = np.stack([np.arange(frames), np.full(frames, count)], axis=1)
    both = np.concatenate([pairs, ends])
    return both[np.lexsort((both[:, 1], both[:, 0])), 1]


def from_event_tokens(codec: CodecModel, tokens: ArrayLike) -> NDArray[np.void]:
    """The inverse: events (n,) with their times; what follows the last end is a frame as well.

    Any sequence of known tokens is valid; a unit that is there twice fires once. Raises
    `CodeError` for tokens that are unknown.
    """
    count, signal = len(units(codec.config)), codec.config.signal
    found = np.asarray(tokens)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise CodeError("event tokens are a flat sequence of integers: ravel it")
    if ((found < 0) | (found > count)).any():
        raise CodeError(f"event tokens are 0 .. {count}: those of this model were asked for")
    found = found.astype(np.int64)
    frame = np.cumsum(found == count)
    pairs = np.unique(np.stack([frame, found], axis=1)[found < count], axis=0)
    events = np.empty(len(pairs), EVENT)
    events["time"] = (pairs[:, 0] + 0.5) * signal.hop / signal.sample_rate
    events["unit"] = pairs[:, 1]
    return events
