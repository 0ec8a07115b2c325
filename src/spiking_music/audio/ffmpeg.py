"""Parts of recordings that FFmpeg decodes, as libsndfile cannot read them or misreads them.

FFmpeg is always told the format: it never guesses, and so never opens a playlist or another file.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from numpy.typing import NDArray

from spiking_music.audio.mixing import Mixer
from spiking_music.audio.source import Part, Source, View

OPTIONS = {"mov": {"ignore_editlist": "1"}}  # which `Part` holds, to the sample
TRIMMED = ("mov", "caf")
TIMED = ("matroska", "asf")  # their packets have times, which programs round or take from a clock
GAP = 0.1  # seconds
STRICT = {"flac": "crccheck+explode", "alac": "explode", "wavpack": "crccheck+explode"}
av.logging.set_level(av.logging.PANIC)  # errors arrive as exceptions


class FFmpegReader:
    """One part, opened; `rate` in Hz, `frames` (None: unknown) as the container promises them."""

    def __init__(self, source: Source, part: Part) -> None:
        """Raises `DataError` where FFmpeg cannot read it."""
        self._source, self._part = source, part
        self._view = View(source.path, part)
        options = OPTIONS.get(str(part.demuxer), {})
        try:
            self._container: InputContainer = av.open(
                self._view, "r", format=part.demuxer, options=options, metadata_errors="ignore"
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            self._view.close()
            raise source.damaged(_reason(error)) from None
        if not self._container.streams.audio:
            self.close()
            raise source.unusable("it holds no sound")
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        if context is None or not context.sample_rate or not context.channels:
            self.close()
            raise source.damaged("its codec is not known")
        self.rate, self.channels = context.sample_rate, context.channels
        self._begin, self._end = self._trims()
        self.frames = part.frames if self._end is None else self._end - self._begin

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Mono blocks (n,); `DataError` where they cannot be decoded."""
        place, first = 0, None
        try:
            for frame in self._frames():
                if frame.sample_rate != self.rate:
                    raise self._source.unusable("its sample rate changes; export it again")
                moment = frame.time if self._part.demuxer in TIMED else None
                first = moment if first is None else first
                if moment is not None and first is not None:
                    self._require_seamless(place / self.rate, moment - first)
                block = mixed(frame)
                end = len(block) if self._end is None else self._end - place
                yield block[max(0, self._begin - place) : max(0, end)]
                place += len(block)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._source.damaged(_reason(error)) from None

    def reaches_end(self) -> bool:
        """Whether the container holds as much as it says, as far as that shows without decoding."""
        return True

    def close(self) -> None:
        self._container.close()
        self._view.close()

    def _frames(self) -> Iterator[AudioFrame]:
        name = self._stream.codec_context.name
        options = {"err_detect": STRICT[name]} if name in STRICT else {}
        if self._part.demuxer in TRIMMED:
            options["flags2"] = "+skip_manual"
        self._stream.codec_context.options = options
        seconds = Fraction(0)
        for packet in self._container.demux(self._stream):
            if packet.is_corrupt:
                raise self._source.cut("it ends within a packet")
            if packet.size and packet.duration:
                seconds += packet.duration * packet.time_base
            yield from packet.decode()
        self._check(seconds)

    def _require_seamless(self, decoded: float, moment: float) -> None:
        """That no packets are missing before the one of this moment, both in seconds."""
        if moment - decoded > GAP:
            raise self._source.damaged(f"{moment - decoded:.2f} s are missing at {decoded:.2f} s")

    def _check(self, seconds: Fraction) -> None:
        """Where nothing but a duration is promised: whether the packets last as long."""
        alone = len(self._container.streams) == 1
        promised = self._container.duration
        if self._part.demuxer == "matroska" and alone and promised:
            missing = promised / 1_000_000 - float(seconds)
            if seconds and missing > GAP:
                raise self._source.cut(f"{missing:.2f} s are missing at its end")

    def _trims(self) -> tuple[int, int | None]:
        """First sample, and the one behind the last, of the sound in what is decoded."""
        part, base = self._part, self._stream.time_base
        if part.demuxer not in TRIMMED or base is None:
            return 0, None
        unit = base * self.rate if part.demuxer == "mov" else Fraction(1)
        length = part.length
        if length is None and self._stream.duration:
            length = max(0, self._stream.duration - part.start)
        begin = round(part.start * unit)
        return begin, None if length is None else begin + round(length * unit)


def mixed(frame: AudioFrame) -> NDArray[np.float32]:
    """The samples of a frame as mono (n,)."""
    data = frame.to_ndarray()  # (channels, n), or (1, n · channels)
    channels = frame.layout.nb_channels
    data = data.T if frame.format.is_planar else data.reshape(-1, channels)
    return Mixer(channels, data.dtype)(np.ascontiguousarray(data))


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return (text or str(error)).strip().rstrip(".")
