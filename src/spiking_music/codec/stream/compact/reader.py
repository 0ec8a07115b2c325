"""A compact stream in, parts of blocks out; as `stream.reader`."""

from collections.abc import Iterator
from typing import BinaryIO

from numpy.typing import NDArray

from spiking_music.codec.stream.blocks import Block
from spiking_music.codec.stream.compact import block, trailer
from spiking_music.codec.stream.compact import header as headers
from spiking_music.codec.stream.compact.header import CompactHeader, Known, stamp
from spiking_music.codec.stream.compact.payload import Unpacker
from spiking_music.codec.stream.compact.salvage import CompactSalvage
from spiking_music.codec.stream.compact.trailer import TRAILER_BYTES
from spiking_music.codec.stream.frame import Frame
from spiking_music.codec.stream.payload import EntropyCoder
from spiking_music.codec.stream.reading import Reader, remedy
from spiking_music.codec.stream.salvage import Salvage
from spiking_music.codec.stream.source import Source, Window, read_up_to
from spiking_music.codec.stream.trailer import Trailer
from spiking_music.errors import CodeError


class CompactReader(Reader):
    """Of version 2; a `Block` is a part. `known` gives the header of the model that made it."""

    def __init__(
        self,
        file: BinaryIO,
        known: Known,
        coder: EntropyCoder | None = None,
        begun: bytes = b"",
    ) -> None:
        super().__init__(file, coder, begun)
        self._head = begun + read_up_to(file, headers.HEADER_BYTES - len(begun))
        self.header: CompactHeader = headers.unpack_header(self._head, known)
        self._stamp = stamp(self._head)
        self._unpacker = Unpacker(self.header, coder)
        self.trailer = self._trailer_by_seeking()

    def blocks(self, start: int = 0) -> Iterator[Block]:
        for frame in self.frames(start // self.header.parts * self.header.parts):
            codes = self._unpack(frame)  # also of those before, which others continue
            if frame.index >= start:
                yield Block(frame.index, codes, frame.gain, frame.level)
        if self.trailer is not None and start >= self.trailer.blocks:
            raise CodeError(f"there is no block {start}: the stream has {self.trailer.blocks}")

    def frames(self, start: int = 0) -> Iterator[Frame]:
        """As `blocks`; of pipes, a part comes before the checksum of its block is read."""
        if start < 0:
            raise CodeError(f"blocks are counted from 0: there is no block {start}")
        self._rewind(headers.HEADER_BYTES)
        source = Source(self._file, self._head)
        number, parts, steps = 0, 0, 0
        last: Frame | None = None
        while (marker := self._take(source, 1)[0]) != trailer.MARKER:
            with remedy():
                self._require_block(marker, number, last)
            for frame in self._of_block(source, number, marker, start):
                parts, steps, last = parts + 1, steps + frame.steps, frame
                if frame.index >= start:
                    yield frame
            number += 1
        self._finish(source, parts, steps)
        if start >= parts:
            raise CodeError(f"there is no block {start}: the stream has {parts}")

    def _of_block(self, source: Source, number: int, marker: int, start: int) -> Iterator[Frame]:
        def take(size: int) -> bytes:
            return self._take(source, size)

        if (number + 1) * self.header.parts <= start and self._start is not None:
            yield from block.passed(take, source.skip, number, self.header, marker)
            return
        with remedy():
            found = block.frames(take, number, self.header, self._stamp, marker)
            # a block in parts from a pipe is heard before its checksum is there
            live = self.header.parts > 1 and self._start is None
            yield from found if live else list(found)

    def _take(self, source: Source, size: int) -> bytes:
        data = source.exactly(size, "a block")
        source.include(data)
        return data

    def _require_block(self, marker: int, number: int, last: Frame | None) -> None:
        """`CodeError` unless block `number` may start with this byte after the part `last`."""
        if marker not in block.MARKERS:
            raise CodeError("no block starts where one should")
        whole = self.header.block_steps
        if last is not None and (
            last.index + 1 != number * self.header.parts or last.steps != whole
        ):
            raise CodeError(f"block {number} follows a shorter one, which must be the last")

    def _codes(self, frame: Frame) -> NDArray:
        self._unpacker.coder = self.coder
        return self._unpacker.codes(frame)

    def _salvaging(self) -> Salvage:
        self._rewind(headers.HEADER_BYTES)
        return CompactSalvage(Window(self._file), self.header, self._head)

    def _finish(self, source: Source, parts: int, steps: int) -> None:
        """Read and verify the trailer behind its marker, and that nothing follows it."""
        rest = source.exactly(TRAILER_BYTES - 1, "its trailer")
        data = bytes([trailer.MARKER]) + rest
        with remedy():
            found = trailer.unpack_trailer(data, self.header, self._stamp)
            if found.blocks != parts or -(-found.samples // self.header.hop) != steps:
                raise CodeError(f"its {parts} parts do not have the {found.samples} samples told")
        source.include(rest[: trailer.FIELDS.size - 1])
        if source.differs(found.checksum):
            raise CodeError(
                "the checksum of the whole stream differs: a block was exchanged, transfer it again"
            )
        self._require_end()
        self.size = source.size
        self.trailer = found

    def _trailer_by_seeking(self) -> Trailer | None:
        try:
            last = self._last_bytes(TRAILER_BYTES)
            return trailer.unpack_trailer(last, self.header, self._stamp)
        except CodeError:
            return None
