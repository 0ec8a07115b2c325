"""What is told, and survived, where an output cannot be written."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spiking_music.errors import DataError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block, such as a full disk, into a `DataError` that names `path`."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise DataError(
            f"cannot write '{path}' ({reason}): free some space or choose another folder for "
            "`results`"
        ) from error


class Disk(io.FileIO):
    """A new file for h5py to write to, which keeps its first `OSError` for `check`.

    HDF5 must not see a write fail: a file that it cannot close makes it crash the process at exit.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the first error that happened, if any."""
        if self._error is not None:
            raise self._error

    def write(self, data: Any, /) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and self._error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._error = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self._error = self._error or error
            return self.tell() if size is None else size
