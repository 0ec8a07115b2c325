"""A recording, opened: its parts one after the other as mono blocks, exactly as many as there are.

A recording is never held whole, so memory does not grow with its length.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spiking_music.audio.containers import parts
from spiking_music.audio.libsndfile import SoundFileReader
from spiking_music.audio.mixing import resampled
from spiking_music.audio.source import Part, Source
from spiking_music.errors import DataError
from spiking_music.extras import needed

RATES = range(1000, 768_001)  # Hz


class Reader(Protocol):
    rate: int
    channels: int
    frames: int | None

    def blocks(self) -> Iterator[NDArray[np.float32]]: ...
    def reaches_end(self) -> bool: ...
    def close(self) -> None: ...


class Recording:
    """What `opened` gives: `rate` (Hz), `channels`, and `frames`, None where it is not known.

    `joined` is the number of recordings in the file, one after the other; almost always 1.
    """

    live = False  # not while it is made

    def __init__(self, source: Source, found: list[Part]) -> None:
        self._source, self._parts = source, found
        self._first: Reader | None = _reader(source, found[0])
        self.rate, self.channels = self._first.rate, self._first.channels
        self.joined = len(found)
        self.frames = self._first.frames if self.joined == 1 else None
        if self.rate not in RATES:
            self.close()
            raise source.unusable(f"its sample rate is {self.rate} Hz, none from 1 to 768 kHz")

    def mono(self) -> Iterator[NDArray[np.float32]]:
        """The samples once, (n,) at `rate`, full scale = 1; errors as for `stream`."""
        total = 0
        for part in self._parts:
            decoded, reader = 0, self._first or _reader(self._source, part)
            self._first = reader  # to be closed whatever happens
            if reader.rate != self.rate:
                raise self._source.unusable(
                    f"it changes from {self.rate} to {reader.rate} Hz; split it, and"
                )
            for block in reader.blocks():
                decoded += len(block)
                if not np.isfinite(block).all():
                    raise DataError(
                        f"{self._source.label} holds NaN or infinite samples: export it again"
                    )
                yield block
            if reader.frames is not None and decoded < reader.frames:
                raise self._source.cut_short(reader.frames, decoded, "frames")
            if reader.frames is not None and decoded > reader.frames:
                raise self._source.damaged(
                    f"its header promises {reader.frames} frames and {decoded} are there"
                )
            total += decoded
            self.close()
        if total == 0:
            raise self._empty()

    def check(self) -> None:
        """Raise `DataError` where it holds no samples, or the last one is not there.

        Decodes only the start and the end; the recording cannot be read afterwards.
        """
        if self._first is None:
            return
        if self._first.frames == 0:
            raise self._empty()
        if not self._first.reaches_end():
            raise self._source.cut("its last samples are missing")
        if next(self._first.blocks(), None) is None and len(self._parts) == 1:
            raise self._empty()

    def _empty(self) -> DataError:
        return DataError(f"{self._source.label} holds no samples: replace the file")

    def close(self) -> None:
        if self._first is not None:
            self._first.close()
            self._first = None


@contextmanager
def opened(path: Path, name: str | None = None) -> Iterator[Recording]:
    """`path` opened to read; messages call it `name`, by default recording 'PATH'.

    Raises `DataError` where it is missing, empty, unreadable, no recording, damaged or cut short,
    as far as that shows without decoding it.
    """
    name = name or f"recording '{path}'"
    if path.is_dir():
        raise DataError(f"{name} is a folder that cannot be used: check its permissions")
    if not path.is_file():
        raise DataError(f"{name} is missing: check its path, or where its link leads")
    if path.stat().st_size == 0:
        raise DataError(f"{name} is empty (0 bytes): copy it again from the source")
    try:
        source = Source(path, name)
    except OSError as error:
        raise DataError(f"{name} cannot be opened ({error.strerror}): check it") from None
    with source:
        recording = Recording(source, parts(source))
        try:
            yield recording
        finally:
            recording.close()


def stream(path: Path, sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield `path` as mono float32 blocks (n,) at `sample_rate` Hz, full scale = 1, n varying.

    Sample i of the output lies at i / sample_rate seconds: the resampler's delay is compensated.
    Raises `DataError` where the file is missing, unreadable, empty, cut short or not finite; blocks
    already yielded are then to be discarded.
    """
    with opened(path) as recording:
        yield from resampled(recording.mono(), recording.rate, sample_rate)


def _reader(source: Source, part: Part) -> Reader:
    if part.demuxer is None:
        return SoundFileReader(source, part)
    with needed(f"{source.label} is of a format that", "formats"):
        from spiking_music.audio.ffmpeg import FFmpegReader  # slow to import, and most do without
    return FFmpegReader(source, part)
