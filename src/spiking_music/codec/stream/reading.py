"""What readers of both versions share: seeking, blocks out of frames, salvage."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from numpy.typing import NDArray

from spiking_music.codec.stream.blocks import Block, Lost
from spiking_music.codec.stream.frame import Frame
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.payload import EntropyCoder
from spiking_music.codec.stream.salvage import Salvage
from spiking_music.codec.stream.source import REMEDY, read_up_to
from spiking_music.codec.stream.trailer import Trailer
from spiking_music.errors import CodeError


class Reader(ABC):
    """Reads a stream block by block; needs no more memory than one block.

    `header` is known at once, `trailer` as soon as it can be: at once where the file can be sought
    and is whole, else after the last block. A file that can be sought is read from its position on
    and as often as wanted; a pipe once. Raises `CodeError` where the file is no stream.
    """

    header: Header
    size = 0  # bytes of the whole stream, once `frames` have all been read

    def __init__(self, file: BinaryIO, coder: EntropyCoder | None, begun: bytes) -> None:
        """begun: the first bytes of the stream, where they were read from `file`."""
        self.coder = coder
        self.trailer: Trailer | None = None
        self._file = file
        self._start = file.tell() - len(begun) if file.seekable() else None
        self._fresh = True

    @abstractmethod
    def frames(self, start: int = 0) -> Iterator[Frame]:
        """As `blocks`, with payloads that are not unpacked: for this no coder is needed."""

    @abstractmethod
    def _codes(self, frame: Frame) -> NDArray:
        """Codes of a frame; `CodeError` where it has none."""

    @abstractmethod
    def _salvaging(self) -> Salvage:
        """What goes through the stream, from its start."""

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The blocks from `start` on, each checked; then the trailer, which must fit them.

        Where the file can be sought, blocks before `start` are jumped over; the checksum of the
        whole stream is verified where all of it is read. Raises `CodeError` at the first damage, or
        where there is no block `start`.
        """
        for frame in self.frames(start):
            yield Block(frame.index, self._unpack(frame), frame.gain, frame.level)

    def salvage(self) -> Iterator[Block | Lost]:
        """All blocks that are whole, in order, and what is lost between them.

        After damage, reading goes on at the next marker with which a whole block starts.
        Raises `CodeError` where nothing at all is recovered.
        """
        salvage = self._salvaging()
        recovered = False
        for item in salvage.items():
            if isinstance(item, Frame):
                result = self._unpack_or_lost(item)
                recovered = recovered or isinstance(result, Block)
                yield result
            else:
                yield item
        self.trailer = salvage.trailer
        if not recovered:
            raise CodeError("nothing of the stream can be recovered: no block of it is whole")

    def _unpack(self, frame: Frame) -> NDArray:
        try:
            return self._codes(frame)
        except CodeError as error:
            raise CodeError(f"block {frame.index}: {error}") from error

    def _unpack_or_lost(self, frame: Frame) -> Block | Lost:
        if frame.format in ("entropy", "chained") and self.coder is None:
            self._unpack(frame)  # is the caller's mistake, no damage: raises
        try:
            return Block(frame.index, self._unpack(frame), frame.gain, frame.level)
        except CodeError as error:
            return Lost(frame.index, 1, str(error))

    def _require_end(self) -> None:
        """`CodeError` unless nothing follows the trailer."""
        if self._file.read(1):
            raise CodeError("bytes follow the end of the stream: cut them off")

    def _rewind(self, offset: int) -> None:
        if self._start is not None:
            self._file.seek(self._start + offset)
        elif not self._fresh:
            raise CodeError("a stream from a pipe can be read only once: save it to a file")
        self._fresh = False

    def _last_bytes(self, size: int) -> bytes:
        """What should be the trailer; empty where the file cannot be sought."""
        if self._start is None:
            return b""
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(self._start, end - size))
        return read_up_to(self._file, size)


@contextmanager
def remedy() -> Iterator[None]:
    """Tell what can be done about damage, where its reason alone is raised."""
    try:
        yield
    except CodeError as error:
        if str(error).endswith(REMEDY):
            raise
        raise CodeError(f"{error}: {REMEDY}") from error
