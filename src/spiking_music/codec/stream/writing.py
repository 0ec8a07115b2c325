"""Bytes of a stream to anything that takes some of them."""

from typing import BinaryIO

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
