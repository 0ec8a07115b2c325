"""One sentence where an output cannot be written."""

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
        reason = error.strerror or str(error)
        raise DataError(
            f"cannot write '{path}' ({reason}): free some space or choose another folder for "
            "`results`"
        ) from error
