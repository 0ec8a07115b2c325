"""What is whole in a damaged stream, and what is missing."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator

from spiking_music.codec.stream import frame as frames
from spiking_music.codec.stream import header as headers
from spiking_music.codec.stream import trailer as trailers
from spiking_music.codec.stream.blocks import Lost
from spiking_music.codec.stream.frame import BLOCK, CRC, FIELDS, Frame
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.source import Window
from spiking_music.codec.stream.trailer import END, TRAILER_BYTES, Trailer
from spiking_music.errors import CodeError

MARKERS = re.compile(b"|".join(map(re.escape, (BLOCK, END))))
Found = list[Frame] | Trailer


class Salvage(ABC):
    """Goes through a stream once, from the end of its header, in bounded memory.

    Where no whole block or trailer starts, it goes on at the next marker. A block counts where its
    checksum, which includes the header's, is right and its index is above all before it.
    """

    largest: int  # bytes that no block and no trailer exceeds
    trailer_fields: int  # bytes of a trailer that the checksum of the stream includes
    markers: re.Pattern[bytes]

    def __init__(self, window: Window, head: bytes, damage: CodeError | None) -> None:
        self.trailer: Trailer | None = None
        self._window = window
        self._digest = hashlib.sha256(head)
        self._reason = str(damage) if damage else ""  # of the damage since the last whole block
        self._whole = damage is None
        self._next = 0  # index of the block that is expected

    @abstractmethod
    def _found(self) -> tuple[Found, int]:
        """What the window starts with, and its bytes; `CodeError` where that is nothing whole."""

    def items(self) -> Iterator[Frame | Lost]:
        """Frames in order, and between them what is lost; `trailer` is known after the last."""
        while self._window.fill(self.largest):
            if self.trailer:
                self._note("bytes follow the end of the stream")
            try:
                found, size = self._found()
            except CodeError as error:
                self._note(str(error))
                self._window.to_marker(self.markers)
                continue
            if isinstance(found, Trailer):
                self._digest.update(self._window.peek(0, self.trailer_fields))
                self.trailer = found
            else:
                self._digest.update(self._window.peek(0, size))
                yield from self._in_order(found)
            self._window.drop(size)
        yield from self._end()

    def _in_order(self, found: list[Frame]) -> Iterator[Frame | Lost]:
        frame = found[0]
        if frame.index < self._next:
            self._note(f"block {frame.index} is out of its order, or there twice")
            return
        if frame.index > self._next:
            self._note(f"block {frame.index} follows where block {self._next} should be")
        if self._reason:
            yield Lost(self._next, frame.index - self._next, self._reason)
        self._reason = ""
        self._next = found[-1].index + 1
        yield from found

    def _end(self) -> Iterator[Lost]:
        if self.trailer is None:
            self._note("the stream is cut off: it has no trailer")
            yield Lost(self._next, None, self._reason)
            return
        missing = max(0, self.trailer.blocks - self._next)
        if missing:
            self._note(f"the stream ends before block {self._next}")
        if self._whole and not self._digest.digest().startswith(self.trailer.checksum):
            self._note("the checksum of the whole stream differs: a block was exchanged")
        if self._reason:
            yield Lost(self._next, missing, self._reason)

    def _note(self, reason: str) -> None:
        """Remember the first damage since the last whole block: it tells most."""
        self._whole = False
        self._reason = self._reason or reason


class RobustSalvage(Salvage):
    """Of a stream of version 1."""

    trailer_fields = trailers.FIELDS.size
    markers = MARKERS

    def __init__(
        self, window: Window, header: Header, head: bytes, damage: CodeError | None
    ) -> None:
        super().__init__(window, head, damage)
        self.largest = max(FIELDS.size + header.payload_limit + CRC.size, TRAILER_BYTES)
        self._header, self._stamp = header, headers.stamp(head)

    def _found(self) -> tuple[Found, int]:
        if self._window.peek(0, len(END)) == END:
            data = self._window.peek(0, TRAILER_BYTES)
            return trailers.unpack_trailer(data, self._header, self._stamp), TRAILER_BYTES
        fields = self._window.peek(0, FIELDS.size)
        if len(fields) < FIELDS.size:
            raise CodeError("the stream ends within a block")
        frame = frames.unpack_fields(fields, self._header)
        size = frame.length + CRC.size
        rest = self._window.peek(FIELDS.size, size)
        if len(rest) < size:
            raise CodeError(f"the stream ends within block {frame.index}")
        return [frames.complete(frame, fields, rest, self._stamp)], FIELDS.size + size
