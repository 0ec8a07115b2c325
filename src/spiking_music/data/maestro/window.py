"""A zip of which a few pieces are at hand, as a file: `zipfile` needs no more to read a member."""

import io
from collections.abc import Callable

Read = Callable[[int, int], bytes]  # (start, stop): those bytes of the file, or fewer at a gap


class Window(io.RawIOBase):
    """A file of `size` bytes to read and seek in; what is read comes from `read`."""

    def __init__(self, size: int, read: Read) -> None:
        self._size = size
        self._read = read
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise OSError("position before the beginning of the file")
        self._position = origin + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        stop = self._size if size is None or size < 0 else self._position + size
        data = self._read(self._position, min(stop, self._size)) if stop > self._position else b""
        self._position += len(data)
        return data
