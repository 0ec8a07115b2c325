"""Parts of recordings that libsndfile decodes.

8- and 16-bit files are decoded as integers and scaled while mixing, five times as fast as letting
libsndfile make floats.
"""

import os
from collections.abc import Iterator

import numpy as np
import soundfile
from numpy.typing import NDArray

from spiking_music.audio.mixing import Mixer
from spiking_music.audio.source import Part, Source, View

BLOCK = 2**16  # frames a read: larger blocks leave the cache, smaller ones cost calls
SMALL_INTEGERS = {"PCM_S8", "PCM_U8", "PCM_16"}  # subtypes that int16 holds without loss


class SoundFileReader:
    """One part, opened; `rate` in Hz, `frames` as the container promises them."""

    def __init__(self, source: Source, part: Part) -> None:
        """Raises `DataError` where libsndfile cannot read it."""
        self._source = source
        self._view = None
        whole = part.begin == 0 and part.end == source.size and not (part.patches or part.head)
        try:
            if whole:  # by number, since libsndfile would look at the suffix of a name
                self._file = soundfile.SoundFile(os.open(source.path, os.O_RDONLY))
            else:
                self._view = View(source.path, part)
                self._file = soundfile.SoundFile(self._view)
        except (soundfile.LibsndfileError, OSError, ValueError, TypeError) as error:
            self._close_view()
            raise source.damaged(reason(error)) from None
        self.rate, self.channels = self._file.samplerate, self._file.channels
        self.frames: int | None = part.frames or self._file.frames

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Mono blocks (n,); `DataError` where they cannot be decoded."""
        file = self._file
        size = BLOCK if self.channels <= 8 else max(1, 8 * BLOCK // self.channels)
        dtype = np.dtype(np.int16 if file.subtype in SMALL_INTEGERS else np.float32)
        buffer = np.empty((size, self.channels), dtype)
        mixer = Mixer(self.channels, dtype)
        while len(block := self._read(buffer)):
            yield mixer(block)

    def reaches_end(self) -> bool:
        """Whether the last frame is there."""
        frames = self.frames or 0
        try:
            self._file.seek(max(0, frames - 1))
            there = frames == 0 or len(self._file.read(1)) == 1
            self._file.seek(0)
            return there
        except soundfile.LibsndfileError:
            return False

    def close(self) -> None:
        self._file.close()
        self._close_view()

    def _read(self, buffer: NDArray) -> NDArray:
        try:
            return self._file.read(out=buffer)
        except soundfile.LibsndfileError as error:
            raise self._source.damaged(reason(error)) from None

    def _close_view(self) -> None:
        if self._view is not None:
            self._view.close()


def reason(error: Exception) -> str:
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return text.strip().rstrip(".")
