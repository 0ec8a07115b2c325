"""What is whole in a damaged compact stream; see `stream.salvage`."""

import re

from spiking_music.codec.stream.compact import block, trailer
from spiking_music.codec.stream.compact.header import CompactHeader, stamp
from spiking_music.codec.stream.frame import Frame
from spiking_music.codec.stream.salvage import Found, Salvage
from spiking_music.codec.stream.source import Window
from spiking_music.errors import CodeError

TRIES = 16  # numbers that a block may have: it stores the lowest 8 bits
MARKERS = re.compile(b"[\xc0-\xc6\xe7]")


class CompactSalvage(Salvage):
    """A block counts as a whole, with all its parts."""

    trailer_fields = trailer.FIELDS.size
    markers = MARKERS

    def __init__(self, window: Window, header: CompactHeader, head: bytes) -> None:
        super().__init__(window, head, None)
        self.largest = max(block.largest(header), trailer.TRAILER_BYTES)
        self._header, self._stamp = header, stamp(head)

    def _found(self) -> tuple[Found, int]:
        marker, low = self._window.peek(0, 1)[0], self._window.peek(1, 1)
        if marker == trailer.MARKER:
            data = self._window.peek(0, trailer.TRAILER_BYTES)
            found = trailer.unpack_trailer(data, self._header, self._stamp)
            return found, trailer.TRAILER_BYTES
        if marker not in block.MARKERS or not low:
            raise CodeError("no block starts where one should")
        least = -(-self._next // self._header.parts)
        first = least + (low[0] - least) % 256
        reason: CodeError | None = None
        for number in range(first, first + 256 * TRIES, 256):
            try:
                return self._block(number, marker)
            except CodeError as error:
                reason = reason or error
        assert reason is not None
        raise reason

    def _block(self, number: int, marker: int) -> tuple[list[Frame], int]:
        taken = 1
        window = self._window

        def take(size: int) -> bytes:
            nonlocal taken
            data = window.peek(taken, size)
            if len(data) < size:
                raise CodeError(f"the stream ends within block {number}")
            taken += size
            return data

        found = list(block.frames(take, number, self._header, self._stamp, marker))
        return found, taken
