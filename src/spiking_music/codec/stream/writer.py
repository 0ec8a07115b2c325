"""Blocks in, a stream out: to anything that can be written to, pipes included."""

import hashlib
import zlib
from typing import BinaryIO

from numpy.typing import NDArray

from spiking_music.codec.stream import payload, trailer
from spiking_music.codec.stream.blocks import Block
from spiking_music.codec.stream.frame import FRAME_BYTES, Frame, pack_frame, sealed, stored_gain
from spiking_music.codec.stream.header import HEADER_BYTES, Header, pack_header, stamp
from spiking_music.codec.stream.payload import BEST, EntropyCoder
from spiking_music.codec.stream.writing import MustFinish, put
from spiking_music.errors import CodeError


class StreamWriter(MustFinish):
    """Writes a stream block by block; needs no more memory than one block, and never seeks.

    with StreamWriter(file, header, coder) as writer:
        writer.write(Block(0, codes, gain))
        writer.finish(samples, original_samples)

    The file stays open. `format` is one of the kind's formats, or "best": the smallest, block by
    block.
    """

    overhead = HEADER_BYTES + trailer.TRAILER_BYTES  # bytes of a stream beside its blocks

    def __init__(
        self,
        file: BinaryIO,
        header: Header,
        coder: EntropyCoder | None = None,
        format: str = BEST,
    ) -> None:
        payload.check_format(format, header.kind, coder)
        self.header = header
        self._file = file
        self._coder = coder
        self._format = format
        self._head = b""  # known with the first block, which salts it
        self._blocks = 0
        self._steps = header.block_steps  # of the block before
        self._digest = hashlib.sha256()

    def write(self, block: Block) -> None:
        """Append the next block; `CodeError` where it is not the next, or cannot be stored."""
        if self._finished:
            raise CodeError("a finished stream takes no further block: start another")
        if block.index != self._blocks:
            raise CodeError(f"block {block.index} is written where block {self._blocks} is next")
        if self._steps != self.header.block_steps:
            raise CodeError(f"block {block.index} follows a shorter one, which must be the last")
        body = pack_frame(self._frame(block))
        if not self._head:
            self._head = pack_header(self.header, salt=zlib.crc32(body))
            self._put(self._head)
        self._put(sealed(body, stamp(self._head)))
        self._blocks += 1
        self._steps = block.codes.shape[1]

    def cost(self, codes: NDArray) -> int:
        """Bytes that a block of these codes takes."""
        return FRAME_BYTES + len(
            payload.pack(codes, self.header, self._coder, self._format).payload
        )

    def finish(self, samples: int, original_samples: int) -> None:
        """Write the trailer: lengths in samples at the codec's rate, and at the original rate.

        Raises `CodeError` where no block was written, or the lengths do not fit blocks and rates.
        """
        if self._finished:
            raise CodeError("a stream is finished once")
        if not self._blocks:
            raise CodeError("an empty recording cannot be encoded: it has no block")
        last = trailer.Trailer(samples, original_samples, self._blocks)
        last.check(self.header)
        last.check_last_block(self.header, self._steps)
        fields = trailer.pack_fields(last, self._head)
        self._digest.update(fields)
        checksum = self._digest.digest()[: trailer.CHECKSUM_BYTES]
        self._put(trailer.seal_trailer(fields, checksum, stamp(self._head)))
        self._file.flush()
        self._finished = True

    def _frame(self, block: Block) -> Frame:
        codes = payload.checked_codes(block.codes, self.header)
        coded = payload.pack(codes, self.header, self._coder, self._format)
        frame = Frame(
            block.index,
            steps=codes.shape[1],
            events=int(codes.sum()) if self.header.kind == "binary" else 0,
            format=coded.format,
            level=block.level,
            gain=stored_gain(block.gain),
            length=len(coded.payload),
            payload=coded.payload,
        )
        frame.check(self.header)
        return frame

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        put(self._file, data)
