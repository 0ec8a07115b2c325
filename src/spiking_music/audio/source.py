"""A file that is looked at: its bytes, its name in messages, and what can be wrong with it."""

import io
import os
from dataclasses import dataclass
from pathlib import Path

from spiking_music.errors import DataError


class Source(io.FileIO):
    """The bytes of a recording, and `DataError`s that call it `name`."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path, "r")
        self.path, self.label = path, name
        self.size = os.fstat(self.fileno()).st_size

    def at(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on; a header may name an offset that is nowhere."""
        if not 0 <= offset <= self.size:
            return b""
        return os.pread(self.fileno(), size, offset)

    def cut_short(self, promised: int, present: int, unit: str = "bytes") -> DataError:
        return self.cut(f"its header promises {promised} {unit} and {present} are there")

    def cut(self, why: str) -> DataError:
        return DataError(f"{self.label} is cut short: {why}; copy or download it again")

    def damaged(self, why: str) -> DataError:
        return DataError(f"{self.label} is damaged or cut short ({why}): replace the file")

    def unusable(self, why: str) -> DataError:
        return DataError(f"{self.label} cannot be read ({why}): replace the file")


@dataclass(frozen=True)
class Patch:
    """What stands at `offset` of a file instead of what is written there."""

    offset: int
    data: bytes


class View(io.RawIOBase):
    """The bytes of a part, some of them replaced, as a file that can be sought."""

    def __init__(self, path: Path, part: "Part") -> None:
        self._file = path.open("rb")
        self._head, self._patches = part.head, part.patches
        self._begin, self._size = part.begin, len(part.head) + part.end - part.begin
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        wanted = self._left(len(buffer))
        data = bytearray(self._head[self._place : self._place + wanted])
        begin = self._begin + self._place - len(self._head)
        data += os.pread(self._file.fileno(), wanted - len(data), begin + len(data))
        for patch in self._patches:
            for at, byte in enumerate(patch.data, patch.offset - begin):
                if 0 <= at < len(data):
                    data[at] = byte
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _left(self, wanted: int) -> int:
        return max(0, min(wanted, self._size - self._place))


@dataclass(frozen=True)
class Part:
    """One of the streams that follow each other in a file: its bytes, and who reads them.

    demuxer: FFmpeg's name of the format, None for libsndfile. frames: how many there must be,
    where the container says so. start: priming samples at the start that are no sound. end: the
    first sample that is no sound any more, priming included, in FFmpeg's count of the stream.
    head: a header of ours that stands before the bytes, in place of one that is not understood.
    """

    begin: int
    end: int
    demuxer: str | None = None
    frames: int | None = None
    patches: tuple[Patch, ...] = ()
    start: int = 0
    length: int | None = None
    head: bytes = b""
