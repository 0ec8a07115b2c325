"""Recordings and streams that come piece by piece: samples → bytes, bytes → samples.

with codec.encoder(44100, kbps=2, delay=0.5) as encoder:
    for samples in microphone:
        send(encoder.push(samples))
    send(encoder.finish())
"""

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import ArrayLike

from spiking_music.codec import given
from spiking_music.codec.lockstep import Lockstep
from spiking_music.codec.samples import Samples
from spiking_music.codec.stream.writing import MustFinish
from spiking_music.errors import CodeError

if TYPE_CHECKING:
    from spiking_music.codec.decoded import Decoding


class _Live(MustFinish):
    """What encoder and decoder share: they are used within `with`, and finished once."""

    _steps: Lockstep[Any, Any]
    _closed = False
    unfinished = "the rest was not asked for: call `finish` after the last `push`"

    def _end(self) -> None:
        self.close()

    def close(self) -> None:
        """End it without the rest."""
        self._steps.close()
        self._closed = True

    def _require_open(self) -> None:
        if self._finished or self._closed:
            raise CodeError("what is finished takes nothing further: start another")


class Encoder(_Live):
    """Samples in, bytes of a stream out; see `Codec.encoder`.

    However a recording is cut into pieces, the bytes are those of `Codec.encode`.
    """

    def __init__(self, write: Callable[[Iterator[Samples], BinaryIO], object]) -> None:
        """write: encodes pieces to a file."""

        def work(pieces: Iterator[Samples], emit: Callable[[bytes], None]) -> None:
            write(pieces, cast(BinaryIO, _Outlet(emit)))

        self._steps: Lockstep[Samples, bytes] = Lockstep(work)

    def push(self, waveform: ArrayLike) -> bytes:
        """The next samples, (channels, n) or (n,) of floats, n ≥ 0 → the bytes that they complete.

        Raises `DataError` where they cannot be used.
        """
        self._require_open()
        samples = given.mono(waveform, part=True)
        return b"".join(self._steps.push(samples)) if len(samples) else b""

    def finish(self) -> bytes:
        """The last bytes; `DataError` where there were no samples."""
        self._require_open()
        self._finished = True
        return b"".join(self._steps.finish())


class Decoder(_Live):
    """Bytes of a stream in, samples out; see `Codec.decoder`.

    However the bytes are cut into pieces, the samples are those of `Codec.decode`.
    """

    def __init__(self, read: "Callable[[BinaryIO], Decoding]") -> None:
        """read: starts decoding a file."""
        self._decoding: Decoding | None = None

        def work(pieces: Iterator[bytes], emit: Callable[[Samples], None]) -> None:
            self._decoding = read(cast(BinaryIO, _Inlet(pieces)))
            for samples in self._decoding:
                emit(samples)

        self._steps: Lockstep[bytes, Samples] = Lockstep(work)

    @property
    def rate(self) -> int | None:
        """Hz of the samples; None before the header is there."""
        return None if self._decoding is None else self._decoding.rate

    def push(self, data: bytes) -> Samples:
        """The next bytes of the stream → the samples (n,), n ≥ 0, that they complete.

        Raises `CodeError` where the stream is damaged. Samples of a block in parts are given before
        its checksum is there, by which damage may show.
        """
        self._require_open()
        data = given.piece(data)
        return _joined(self._steps.push(data)) if data else _joined([])

    def finish(self) -> Samples:
        """The last samples; `CodeError` where the stream has not ended."""
        self._require_open()
        self._finished = True
        return _joined(self._steps.finish())


def _joined(pieces: list[Samples]) -> Samples:
    return np.concatenate([np.empty(0, np.float32), *pieces])


class _Outlet(io.RawIOBase):
    """A file whose bytes are emitted."""

    def __init__(self, emit: Callable[[bytes], None]) -> None:
        self._emit = emit

    def writable(self) -> bool:
        return True

    def write(self, data: memoryview, /) -> int:  # type: ignore[override]
        self._emit(bytes(data))
        return len(data)


class _Inlet(io.RawIOBase):
    """A file of bytes that come in pieces, none of them empty."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
