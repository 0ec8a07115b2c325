"""Bytes of a stream from anything that can be read, in bounded pieces."""

import hashlib
import os
import re
from typing import BinaryIO

from spiking_music.errors import CodeError

CHUNK = 1 << 16
REMEDY = "transfer it again, or salvage what is whole"


def read_up_to(file: BinaryIO, size: int) -> bytes:
    """`size` bytes, or fewer where the file ends: a pipe may hand them over in smaller pieces."""
    pieces = []
    while size > 0 and (piece := read_once(file, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def read_once(file: BinaryIO, size: int) -> bytes:
    """What one call reads; `CodeError` where that is a text or nothing that can be told of."""
    piece = file.read(size)
    if not isinstance(piece, bytes | bytearray | memoryview):
        raise CodeError(f"a stream's file gave {type(piece).__name__} instead of bytes")
    return bytes(piece)


class Source:
    """Reads a stream from its front to its end, and knows the checksum of what it has read."""

    def __init__(self, file: BinaryIO, head: bytes) -> None:
        self._file = file
        self._digest = hashlib.sha256(head)
        self._whole = True
        self.size = len(head)  # bytes so far

    def exactly(self, size: int, what: str) -> bytes:
        """The next bytes; `CodeError` where the stream ends before them."""
        data = read_up_to(self._file, size)
        if len(data) != size:
            raise CodeError(f"the stream ends within {what}: {REMEDY}")
        self.size += size
        return data

    def include(self, data: bytes) -> None:
        """Count `data` into the checksum."""
        self._digest.update(data)

    def skip(self, size: int) -> None:
        """Seek over bytes, which then are not in the checksum."""
        self._file.seek(size, os.SEEK_CUR)
        self._whole = False
        self.size += size

    def differs(self, checksum: bytes) -> bool:
        """Whether this is not the beginning of that of all bytes; False where some were skipped."""
        return self._whole and not self._digest.digest().startswith(checksum)


class Window:
    """A view of the next bytes of a file that may hold anything, for those who search in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._data = bytearray()

    def fill(self, size: int) -> bool:
        """Have `size` bytes in view, or what is left of the file; False where nothing is."""
        while len(self._data) < size and (piece := read_once(self._file, CHUNK)):
            self._data += piece
        return bool(self._data)

    def peek(self, start: int, size: int) -> bytes:
        """Bytes from `start` on; fewer where the view ends."""
        return bytes(self._data[start : start + size])

    def drop(self, size: int) -> None:
        del self._data[:size]

    def to_marker(self, markers: re.Pattern[bytes]) -> None:
        """Drop what is before the next of the markers, at least one byte."""
        found = markers.search(self._data, 1)
        self.drop(found.start() if found else max(1, len(self._data) - 1))
