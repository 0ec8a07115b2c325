"""What a stream says about itself, without a model: lengths, rates, formats, bytes."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import BinaryIO

from spiking_music.codec.stream.frame import FRAME_BYTES, Frame
from spiking_music.codec.stream.header import HEADER_BYTES, Header
from spiking_music.codec.stream.reader import StreamReader
from spiking_music.codec.stream.trailer import TRAILER_BYTES, Trailer


@dataclass(frozen=True)
class Summary:
    """All of a stream but its codes; every checksum of it was right."""

    header: Header
    trailer: Trailer
    blocks: tuple[Frame, ...]  # without their payloads

    @property
    def payload_bytes(self) -> int:
        return sum(block.length for block in self.blocks)

    @property
    def overhead_bytes(self) -> int:
        """Bytes that are no payload: header, trailer, and the fields and checksums of blocks."""
        return HEADER_BYTES + TRAILER_BYTES + FRAME_BYTES * len(self.blocks)

    @property
    def total_bytes(self) -> int:
        return self.payload_bytes + self.overhead_bytes

    @property
    def seconds(self) -> float:
        return self.trailer.samples / self.header.sample_rate

    @property
    def kbps(self) -> float:
        """Of all bytes, overhead included."""
        return 8 * self.total_bytes / self.seconds / 1000

    @property
    def events_per_second(self) -> float:
        """0 for RVQ, which has none."""
        return sum(block.events for block in self.blocks) / self.seconds

    @property
    def formats(self) -> Counter[str]:
        """How many blocks each format has."""
        return Counter(block.format for block in self.blocks)


def summary(file: BinaryIO) -> Summary:
    """Read a whole stream and verify it, but for what its payloads mean.

    Raises `CodeError` where it is damaged.
    """
    reader = StreamReader(file)
    blocks = tuple(replace(frame, payload=b"") for frame in reader.frames())
    assert reader.trailer is not None  # `frames` ends with it
    return Summary(reader.header, reader.trailer, blocks)
