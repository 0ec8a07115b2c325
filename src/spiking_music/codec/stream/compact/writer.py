"""Blocks in, a compact stream out; each part is written as soon as it is there."""

import hashlib
import zlib
from typing import BinaryIO

from numpy.typing import NDArray

from spiking_music.codec.stream import payload
from spiking_music.codec.stream.blocks import Block
from spiking_music.codec.stream.compact import trailer
from spiking_music.codec.stream.compact.block import start
from spiking_music.codec.stream.compact.header import (
    HEADER_BYTES,
    SALT_BITS,
    SUM_BYTES,
    CompactHeader,
    low,
    pack_header,
    stamp,
)
from spiking_music.codec.stream.compact.parts import END, InForce, in_force, pack_part
from spiking_music.codec.stream.compact.payload import Packer
from spiking_music.codec.stream.frame import Frame, stored_gain
from spiking_music.codec.stream.payload import BEST, Coded, EntropyCoder
from spiking_music.codec.stream.trailer import Trailer
from spiking_music.codec.stream.writing import MustFinish, put
from spiking_music.errors import CodeError


class CompactWriter(MustFinish):
    """As `StreamWriter`. A `Block` is a part; `header.parts` of them share a checksum."""

    overhead = HEADER_BYTES + trailer.TRAILER_BYTES + 2  # bytes of a stream beside its blocks

    def __init__(
        self,
        file: BinaryIO,
        header: CompactHeader,
        coder: EntropyCoder | None = None,
        format: str = BEST,
    ) -> None:
        self.header = header
        self._file = file
        self._packer = Packer(header, coder, format)
        self._stamp: int | None = None  # known with the first part, which salts the header
        self._index = 0  # of the next part
        self._force = InForce("")  # nothing, before the first part of a block
        self._crc = 0
        self._frames = 0  # in all
        self._digest = hashlib.sha256()

    def write(self, block: Block) -> None:
        """Append the next part; `CodeError` where it is not the next, or cannot be stored."""
        self._require_next(block)
        codes = payload.checked_codes(block.codes, self.header)
        coded, after = self._packer.packed(block.index, codes)
        frame = self._frame(block, codes.shape[1], coded)
        if self._stamp is None:
            salt = zlib.crc32(coded.payload) & (1 << SALT_BITS) - 1
            head = pack_header(self.header, salt)
            self._stamp = stamp(head)
            self._put(head)
        self._put_part(frame)
        self._packer.accept(after)
        self._index += 1
        self._frames += frame.steps

    def cost(self, codes: NDArray) -> int:
        """Bytes that the next part would take with these codes, at another level than the last."""
        index = self._index
        coded, _ = self._packer.packed(index, codes)
        frame = Frame(index, codes.shape[1], None, coded.format, 0, 1.0, 0, coded.payload)
        first = index % self.header.parts == 0
        before = InForce(frame.format) if first else self._force
        shared = len(start(0, frame.format)) + SUM_BYTES if first else 0
        return shared + len(pack_part(frame, before, frame.steps))

    def finish(self, samples: int, original_samples: int) -> None:
        """Write the trailer: lengths in samples at the codec's rate, and at the original rate.

        Raises `CodeError` where no block was written, or the lengths do not fit blocks and rates.
        """
        if self._finished:
            raise CodeError("a stream is finished once")
        if self._stamp is None:
            raise CodeError("an empty recording cannot be encoded: it has no block")
        last = Trailer(samples, original_samples, self._index)
        last.check(self.header)
        if -(-samples // self.header.hop) != self._frames:
            raise CodeError(f"{samples} samples are not those of {self._frames} frames")
        fields = trailer.pack_fields(last, self.header)
        if self._index % self.header.parts:
            self._put_end(b"" if self._ended_short else bytes([END]))
        self._digest.update(fields)
        checksum = self._digest.digest()[: trailer.CHECKSUM_BYTES]
        self._put(trailer.seal(fields, checksum, self._stamp))
        self._file.flush()
        self._finished = True

    @property
    def _ended_short(self) -> bool:
        return self._frames != self._index * self.header.block_steps

    def _require_next(self, block: Block) -> None:
        if self._finished:
            raise CodeError("a finished stream takes no further block: start another")
        if block.index != self._index:
            raise CodeError(f"block {block.index} is written where block {self._index} is next")
        if self._ended_short:
            raise CodeError(f"block {block.index} follows a shorter one, which must be the last")

    def _frame(self, block: Block, steps: int, coded: Coded) -> Frame:
        frame = Frame(
            block.index,
            steps,
            None,
            coded.format,
            block.level,
            stored_gain(block.gain),
            len(coded.payload),
            coded.payload,
        )
        frame.check_values()
        return frame

    def _put_part(self, frame: Frame) -> None:
        number, part = divmod(frame.index, self.header.parts)
        if not part:
            assert self._stamp is not None
            self._crc = zlib.crc32(number.to_bytes(4, "little"), self._stamp)
            self._force = InForce(frame.format)
            self._put(start(number, frame.format))
        self._put(pack_part(frame, self._force, self.header.block_steps))
        self._force = in_force(frame)
        if part == self.header.parts - 1:
            self._put_end(b"")

    def _put_end(self, code: bytes) -> None:
        """Close a block by its checksum."""
        self._put(code)
        self._put(low(self._crc))

    def _put(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._digest.update(data)
        put(self._file, data)
