"""Codes ↔ payloads of a compact stream, which may go on where the part before ended."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.stream import payload as plain
from spiking_music.codec.stream.compact.header import CompactHeader
from spiking_music.codec.stream.compact.parts import CHAINED
from spiking_music.codec.stream.frame import Frame
from spiking_music.codec.stream.payload import BEST, Chain, Coded, EntropyCoder
from spiking_music.errors import CodeError

COUNTED = ("coo", "time", "units")  # their payloads start with the number of events


class Packer:
    """Packs the parts of a stream in their order.

    `packed` may be asked any number of times what codes would become; `accept` what they are.
    """

    def __init__(self, header: CompactHeader, coder: EntropyCoder | None, format: str) -> None:
        plain.check_format(format, header.kind, coder)
        self._header, self._coder, self._format = header, coder, format
        chains = header.parts > 1 and format in (BEST, "entropy") and coder is not None
        self._first = coder.chain() if chains and coder is not None else None
        self._chain: Chain | None = None

    def packed(self, index: int, codes: NDArray) -> tuple[Coded, Chain | None]:
        """Part `index` as codes (rows, T) would be written, and the state after it."""
        chain = self._chain if index % self._header.parts else self._first
        if chain is not None and (found := chain.encode(codes)) is not None:
            payload, after = found
            if len(payload) <= self._header.payload_limit:
                return Coded(CHAINED, payload), after
        coded = plain.pack(codes, self._header, self._coder, self._format)
        if coded.format in COUNTED:
            coded = Coded(coded.format, _number(int(np.count_nonzero(codes))) + coded.payload)
        plain.require_size(coded, self._header)
        return coded, None

    def accept(self, after: Chain | None) -> None:
        """What `packed` returned is written: the next part goes on from there."""
        self._chain = after


class Unpacker:
    """Unpacks parts in their order, from the first of a block on."""

    def __init__(self, header: CompactHeader, coder: EntropyCoder | None) -> None:
        self._header, self.coder = header, coder
        self._chain: Chain | None = None

    def codes(self, frame: Frame) -> NDArray:
        """The codes (rows, T) of a part; `CodeError` for what `Packer` does not write."""
        if frame.format != CHAINED:
            return plain.unpack(_counted(frame, self._header), self._header, self.coder)
        if frame.index % self._header.parts == 0:
            self._chain = plain.require_coder(frame, self._header, self.coder).chain()
        if self._chain is None:
            raise CodeError("the model's coder continues no part: the stream is damaged")
        chain, self._chain = self._chain, None
        codes, self._chain = chain.decode(frame.payload, frame.steps)
        return plain.checked_codes(codes, self._header)


def _counted(frame: Frame, header: CompactHeader) -> Frame:
    """A frame with the number of its events, where its payload tells."""
    if frame.format == "dense":
        digits = np.frombuffer(frame.payload, np.uint8)
        return replace(frame, events=int(np.unpackbits(digits).sum()))
    if frame.format not in COUNTED:
        return frame
    events, size = 0, 0
    for size, byte in enumerate(frame.payload[:4], 1):
        events |= (byte & 0x7F) << 7 * (size - 1)
        if byte < 0x80:
            break
    if _number(events) != frame.payload[:size] or events > header.rows * frame.steps:
        raise CodeError("the number of events is none that a writer writes")
    return replace(frame, events=events, payload=frame.payload[size:])


def _number(value: int) -> bytes:
    """LEB128: 7 bits a byte, the lowest first."""
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
