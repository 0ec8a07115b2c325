"""How a stream is laid out for a delay from the sound that goes in to the sound that comes out."""

import math
from dataclasses import dataclass

from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.stream import CompactHeader, Header
from spiking_music.codec.stream.compact.header import ALL, PARTS
from spiking_music.errors import CodeError

SHORTEST = 0.5  # seconds


@dataclass(frozen=True)
class Layout:
    """header: of the stream. ahead: frames behind a part that its codes are made with, None: all
    that the model reaches."""

    header: Header
    ahead: int | None = None

    @property
    def chained(self) -> bool:
        """Whether parts continue each other, so that they can only be coded one by one."""
        return isinstance(self.header, CompactHeader) and self.header.parts > 1

    def continues(self, index: int) -> bool:
        """Whether part `index` continues the one before, as both are of one block."""
        return isinstance(self.header, CompactHeader) and index % self.header.parts > 0


def layout(model: CodecModel, original_rate: int, delay: float | None, robust: bool) -> Layout:
    """Of a recording's stream; `delay` in seconds, None: blocks as long as the model's.

    A delay is a part, the frames behind it that the encoder waits for, and those that the decoder
    waits for. Of what there is, the encoder's share is a quarter and the decoder's a tenth, unless
    the model reaches less far. About as many parts as one of the model's blocks holds are a block.
    Raises `CodeError` for delays that cannot be.
    """
    own = model.header(original_rate)
    if delay is None:
        return Layout(own if robust else CompactHeader.of(own))
    if robust:
        raise CodeError("streams of version 1 have no delay to choose: leave out one of the two")
    if not SHORTEST <= delay < math.inf:
        raise CodeError(f"a delay is {SHORTEST:g} s or more, not {delay:g}")
    frames = int(delay * own.sample_rate / own.hop)
    reach = model.network.context
    ahead = min(reach.encoder, frames // 4)
    behind = min(reach.decoder, frames // 10)
    steps = frames - ahead - behind
    steps -= steps % model.network.alignment
    steps = min(steps, own.block_steps)
    if steps == own.block_steps and (ahead, behind) == (reach.encoder, reach.decoder):
        return Layout(CompactHeader.of(own))
    parts = min(PARTS, own.block_steps // steps)
    look_ahead = ALL if behind == reach.decoder else behind
    return Layout(CompactHeader.of(own, parts, look_ahead, block_steps=steps), ahead)


def seconds(layout: Layout, model: CodecModel) -> float:
    """The delay of this layout: at the codec's rate, and without the time that coding takes."""
    header, reach = layout.header, model.network.context
    ahead = reach.encoder if layout.ahead is None else layout.ahead
    look_ahead = getattr(header, "look_ahead", ALL)
    behind = reach.decoder if look_ahead == ALL else look_ahead
    return (header.block_steps + ahead + behind) * header.hop / header.sample_rate
