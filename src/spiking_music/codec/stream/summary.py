"""What a stream says about itself: lengths, rates, formats, bytes."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import BinaryIO

from spiking_music.codec.stream.compact.header import Known, unknown
from spiking_music.codec.stream.frame import Frame
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.opened import open_stream
from spiking_music.codec.stream.trailer import Trailer


@dataclass(frozen=True)
class Summary:
    """All of a stream but its codes; every checksum of it was right."""

    header: Header
    trailer: Trailer
    blocks: tuple[Frame, ...]  # without their payloads
    total_bytes: int

    @property
    def payload_bytes(self) -> int:
        return sum(block.length for block in self.blocks)

    @property
    def overhead_bytes(self) -> int:
        """Bytes that are no payload: header, trailer, and the fields and checksums of blocks."""
        return self.total_bytes - self.payload_bytes

    @property
    def seconds(self) -> float:
        return self.trailer.samples / self.header.sample_rate

    @property
    def kbps(self) -> float:
        """Of all bytes, overhead included."""
        return 8 * self.total_bytes / self.seconds / 1000

    @property
    def events(self) -> int | None:
        """0 for RVQ, which has none; None where the stream does not tell them without decoding."""
        counts = [block.events for block in self.blocks]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    @property
    def formats(self) -> Counter[str]:
        """How many blocks each format has."""
        return Counter(block.format for block in self.blocks)


def summary(file: BinaryIO, known: Known = unknown) -> Summary:
    """Read a whole stream and verify it, but for what its payloads mean.

    known: as of `open_stream`. Raises `CodeError` where it is damaged.
    """
    reader = open_stream(file, known)
    blocks = tuple(replace(frame, payload=b"") for frame in reader.frames())
    assert reader.trailer is not None  # `frames` ends with it
    return Summary(reader.header, reader.trailer, blocks, reader.size)
