"""A stream of version 1 in, blocks out: from anything that can be read, with seeks where it can."""

from collections.abc import Iterator
from typing import BinaryIO

from numpy.typing import NDArray

from spiking_music.codec.stream import frame as frames
from spiking_music.codec.stream import header as headers
from spiking_music.codec.stream import payload
from spiking_music.codec.stream import trailer as trailers
from spiking_music.codec.stream.frame import CRC, FIELDS, Frame
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.payload import EntropyCoder
from spiking_music.codec.stream.reading import Reader, remedy
from spiking_music.codec.stream.salvage import RobustSalvage, Salvage
from spiking_music.codec.stream.source import Source, Window, read_up_to
from spiking_music.codec.stream.trailer import END, TRAILER_BYTES, Trailer
from spiking_music.errors import CodeError


class StreamReader(Reader):
    """Of version 1; see `Reader`.

    reader = StreamReader(file)
    reader.coder = coder_of(reader.header.fingerprint)  # only entropy-coded blocks need one
    for block in reader.blocks(): ...
    """

    def __init__(
        self, file: BinaryIO, coder: EntropyCoder | None = None, begun: bytes = b""
    ) -> None:
        super().__init__(file, coder, begun)
        self._damage: CodeError | None = None  # of the header, where the trailer's copy stands in
        self._head = begun + read_up_to(file, headers.HEADER_BYTES - len(begun))
        try:
            self.header: Header = headers.unpack_header(self._head)
        except CodeError as error:
            self._damage = error
            self._head, self.header = self._copy_of_header(error)
        self._stamp = headers.stamp(self._head)
        self.trailer = self._trailer_by_seeking()

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
            with remedy():
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
                with remedy():
                    frame = frames.complete(frame, fields, rest, self._stamp)
                if index >= start:
                    yield frame
            index, steps = index + 1, frame.steps
        self._finish(source, index, steps)
        if start >= index:
            raise CodeError(f"there is no block {start}: the stream has {index}")

    def _codes(self, frame: Frame) -> NDArray:
        return payload.unpack(frame, self.header, self.coder)

    def _salvaging(self) -> Salvage:
        self._rewind(0 if self._damage else headers.HEADER_BYTES)
        return RobustSalvage(Window(self._file), self.header, self._head, self._damage)

    def _finish(self, source: Source, blocks: int, steps: int) -> None:
        """Read and verify the trailer behind its marker, and that nothing follows it."""
        data = END + source.exactly(TRAILER_BYTES - len(END), "its trailer")
        with remedy():
            trailer = trailers.unpack_trailer(data, self.header, self._stamp)
        if trailer.blocks != blocks:
            raise CodeError(
                f"the stream has {blocks} blocks where its trailer says {trailer.blocks}"
            )
        trailer.check_last_block(self.header, steps)
        source.include(data[: trailers.FIELDS.size])
        if source.differs(trailer.checksum):
            raise CodeError(
                "the checksum of the whole stream differs: a block was exchanged, transfer it again"
            )
        self._require_end()
        self.size = source.size
        self.trailer = trailer

    def _copy_of_header(self, damage: CodeError) -> tuple[bytes, Header]:
        """The header as the trailer repeats it; raises `damage` where the trailer is none."""
        last = self._last_bytes(TRAILER_BYTES)
        head = headers.seal(trailers.header_fields(last))
        try:
            header = headers.unpack_header(head)
            trailers.unpack_trailer(last, header, headers.stamp(head))
        except CodeError:
            raise damage from None
        return head, header

    def _trailer_by_seeking(self) -> Trailer | None:
        try:
            last = self._last_bytes(TRAILER_BYTES)
            return trailers.unpack_trailer(last, self.header, self._stamp)
        except CodeError:
            return None
