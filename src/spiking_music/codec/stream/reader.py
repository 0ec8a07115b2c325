"""A stream in, blocks out: from anything that can be read, with seeks where it can seek."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from numpy.typing import NDArray

from spiking_music.codec.stream import frame as frames
from spiking_music.codec.stream import header as headers
from spiking_music.codec.stream import payload
from spiking_music.codec.stream import trailer as trailers
from spiking_music.codec.stream.blocks import Block, Lost
from spiking_music.codec.stream.frame import CRC, FIELDS, Frame
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.payload import EntropyCoder
from spiking_music.codec.stream.salvage import Salvage
from spiking_music.codec.stream.source import REMEDY, Source, Window, read_up_to
from spiking_music.codec.stream.trailer import END, TRAILER_BYTES, Trailer
from spiking_music.errors import CodeError


class StreamReader:
    """Reads a stream block by block; needs no more memory than one block.

    reader = StreamReader(file)
    reader.coder = coder_of(reader.header.fingerprint)  # only entropy-coded blocks need one
    for block in reader.blocks(): ...

    `header` is known at once, `trailer` as soon as it can be: at once where the file can be sought
    and is whole, else after the last block. A file that can be sought is read from its position on
    and as often as wanted; a pipe once. Raises `CodeError` where the file is no stream.
    """

    def __init__(self, file: BinaryIO, coder: EntropyCoder | None = None) -> None:
        self.coder = coder
        self.trailer: Trailer | None = None
        self._file = file
        self._start = file.tell() if file.seekable() else None
        self._fresh = True
        self._damage: CodeError | None = None  # of the header, where the trailer's copy stands in
        self._head = read_up_to(file, headers.HEADER_BYTES)
        try:
            self.header: Header = headers.unpack_header(self._head)
        except CodeError as error:
            self._damage = error
            self._head, self.header = self._copy_of_header(error)
        self._stamp = headers.stamp(self._head)
        self.trailer = self._trailer_by_seeking()

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The blocks from `start` on, each checked; then the trailer, which must fit them.

        Where the file can be sought, blocks before `start` are jumped over; the checksum of the
        whole stream is verified where all of it is read. Raises `CodeError` at the first damage, or
        where there is no block `start`.
        """
        for frame in self.frames(start):
            yield Block(frame.index, self._unpack(frame), frame.gain, frame.level)

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """As `blocks`, with payloads that are not unpacked: for this no coder is needed."""
        if self._damage:
            raise CodeError(f"{self._damage}, or salvage it") from self._damage
        if start < 0:
            raise CodeError(f"blocks are counted from 0: there is no block {start}")
        self._rewind(headers.HEADER_BYTES)
        source = Source(self._file, self._head)
        index, steps = 0, self.header.block_steps
        while (marker := source.exactly(len(END), f"block {index}")) != END:
            fields = marker + source.exactly(FIELDS.size - len(marker), f"block {index}")
            with _remedy():
                frame = frames.unpack_fields(fields, self.header)
                if frame.index != index:
                    raise CodeError(f"block {frame.index} is in the place of block {index}")
            if steps != self.header.block_steps:
                raise CodeError(f"block {index} follows a shorter one, which must be the last")
            if index < start and self._start is not None:
                source.skip(frame.length + CRC.size)
            else:
                rest = source.exactly(frame.length + CRC.size, f"block {index}")
                source.include(fields + rest)
                with _remedy():
                    frame = frames.complete(frame, fields, rest, self._stamp)
                if index >= start:
                    yield frame
            index, steps = index + 1, frame.steps
        self._finish(source, index, steps)
        if start >= index:
            raise CodeError(f"there is no block {start}: the stream has {index}")

    def salvage(self) -> Iterator[Block | Lost]:
        """All blocks that are whole, in order, and what is lost between them.

        After damage, reading goes on at the next marker with which a whole block starts.
        Raises `CodeError` where nothing at all is recovered.
        """
        self._rewind(0 if self._damage else headers.HEADER_BYTES)
        salvage = Salvage(Window(self._file), self.header, self._head, self._damage)
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
            return payload.unpack(frame, self.header, self.coder)
        except CodeError as error:
            raise CodeError(f"block {frame.index}: {error}") from error

    def _unpack_or_lost(self, frame: Frame) -> Block | Lost:
        if frame.format == "entropy" and self.coder is None:
            self._unpack(frame)  # is the caller's mistake, no damage: raises
        try:
            return Block(frame.index, self._unpack(frame), frame.gain, frame.level)
        except CodeError as error:
            return Lost(frame.index, 1, str(error))

    def _finish(self, source: Source, blocks: int, steps: int) -> None:
        """Read and verify the trailer behind its marker, and that nothing follows it."""
        data = END + source.exactly(TRAILER_BYTES - len(END), "its trailer")
        with _remedy():
            trailer = trailers.unpack_trailer(data, self.header, self._stamp)
        if trailer.blocks != blocks:
            raise CodeError(
                f"the stream has {blocks} blocks where its trailer says {trailer.blocks}"
            )
        trailer.check_last_block(self.header, steps)
        source.include(data[: trailers.FIELDS.size])
        if source.checksum() not in (None, trailer.checksum):
            raise CodeError(
                "the checksum of the whole stream differs: a block was exchanged, transfer it again"
            )
        if self._file.read(1):
            raise CodeError("bytes follow the end of the stream: cut them off")
        self.trailer = trailer

    def _rewind(self, offset: int) -> None:
        if self._start is not None:
            self._file.seek(self._start + offset)
        elif not self._fresh:
            raise CodeError("a stream from a pipe can be read only once: save it to a file")
        self._fresh = False

    def _last_bytes(self) -> bytes:
        """What should be the trailer; empty where the file cannot be sought."""
        if self._start is None:
            return b""
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(self._start, end - TRAILER_BYTES))
        return read_up_to(self._file, TRAILER_BYTES)

    def _copy_of_header(self, damage: CodeError) -> tuple[bytes, Header]:
        """The header as the trailer repeats it; raises `damage` where the trailer is none."""
        last = self._last_bytes()
        head = headers.seal(trailers.header_fields(last))
        try:
            header = headers.unpack_header(head)
            trailers.unpack_trailer(last, header, headers.stamp(head))
        except CodeError:
            raise damage from None
        return head, header

    def _trailer_by_seeking(self) -> Trailer | None:
        try:
            return trailers.unpack_trailer(self._last_bytes(), self.header, self._stamp)
        except CodeError:
            return None


@contextmanager
def _remedy() -> Iterator[None]:
    """Tell what can be done about damage, where its reason alone is raised."""
    try:
        yield
    except CodeError as error:
        raise CodeError(f"{error}: {REMEDY}") from error
