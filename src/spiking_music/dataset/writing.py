"""One sentence where an output cannot be written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spiking_music.errors import DataError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block, such as a full disk, into a `DataError` that names `path`."""
    try:
        yield
    except OSError as error:
        # h5py puts a paragraph where others put the system's own words
        reason = os.strerror(error.errno) if error.errno else str(error).splitlines()[0].strip()
        raise DataError(
            f"cannot write '{path}' ({reason}): free some space or choose another folder for "
            "`results`"
        ) from error
