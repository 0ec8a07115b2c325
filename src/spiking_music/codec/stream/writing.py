"""Bytes of a stream to anything that takes some of them, until the stream is finished."""

from types import TracebackType
from typing import BinaryIO, Self

from spiking_music.errors import CodeError


def put(file: BinaryIO, data: bytes) -> None:
    """Write all of `data`; `CodeError` where the file does not say how much it took."""
    rest = memoryview(data)
    while rest:  # an unbuffered pipe may take a part only
        taken = file.write(rest)
        if not taken:  # None of a pipe that does not block, or of what is no file
            raise CodeError(
                f"a stream's file took {taken} of {len(rest)} bytes: give one whose `write` "
                "returns their number, and that waits until it can take them"
            )
        rest = rest[taken:]


class MustFinish:
    """Is used within `with`, which raises `CodeError` where `finish` was never called."""

    unfinished = "the stream has no trailer: call `finish` after the last block"
    _finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        if kind is None and not self._finished:
            raise CodeError(self.unfinished)

    def _end(self) -> None:
        """What is to be done in any case when the block ends."""
