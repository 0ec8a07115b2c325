"""A stream or a section of it as samples, at the codec's rate or the recording's."""

from collections.abc import Iterator

import numpy as np

from spiking_music.audio.mixing import resampled
from spiking_music.codec import samples as streams
from spiking_music.codec.decoding import BlockDecoder
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.samples import Samples
from spiking_music.codec.stream import Header, Lost, Reader, Trailer
from spiking_music.errors import CodeError


class Decoding:
    """A stream being decoded: iterate over it once for mono pieces (n,), full scale = 1.

    `lost` is complete after the last piece. Raises `CodeError` where the stream is damaged.
    """

    def __init__(
        self,
        codec: CodecModel,
        reader: Reader,
        start: float,
        duration: float | None,
        original_rate: bool,
        salvage: bool,
        live: bool = False,
    ) -> None:
        self._decoder = BlockDecoder(codec, reader, live)
        self._reader = reader
        self._salvage = salvage
        header = reader.header
        self.header: Header = header
        self.rate: int = header.original_rate if original_rate else header.sample_rate
        if not 0 <= start < np.inf or (duration is not None and not 0 < duration < np.inf):
            raise CodeError("a section starts at 0 seconds or later and lasts more than 0 seconds")
        self._begin = round(start * self.rate)
        self._end = None if duration is None else self._begin + max(1, round(duration * self.rate))

    @property
    def lost(self) -> list[Lost]:
        return self._decoder.lost

    @property
    def trailer(self) -> Trailer | None:
        return self._reader.trailer

    @property
    def samples(self) -> int | None:
        """How many there will be at `rate`; None while a pipe has not told."""
        total = self._total()
        if total is None:
            return None
        return max(0, min(total, self._end or total) - self._begin)

    def __iter__(self) -> Iterator[Samples]:
        if self.samples == 0:
            raise self._beyond()
        size = self.header.block_samples
        at, begin = streams.aligned(self._begin, self.header.sample_rate, self.rate)
        first = at // size
        decoded = self._decoder.audio(first, self._salvage)
        whole = streams.ended(decoded, first * size, lambda: self._length("samples"))
        there = streams.section(whole, at - first * size, None)
        back = resampled(there, self.header.sample_rate, self.rate)
        keep = streams.HELD if self.rate != self.header.sample_rate else 0
        exact = streams.ended(back, begin, self._total, keep)
        end = None if self._end is None else self._end - begin
        tally = streams.Tally()
        yield from tally.count(streams.section(exact, self._begin - begin, end))
        if not tally.samples:
            raise self._beyond()

    def _total(self) -> int | None:
        original = self.rate != self.header.sample_rate
        return self._length("original_samples" if original else "samples")

    def _length(self, name: str) -> int | None:
        return None if self.trailer is None else getattr(self.trailer, name)

    def _beyond(self) -> CodeError:
        seconds = (self._total() or 0) / self.rate
        return CodeError(f"the recording lasts {seconds:.3f} s: start before its end")
