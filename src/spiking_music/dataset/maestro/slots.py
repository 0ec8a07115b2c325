"""No more than so many connections at a time, over all threads and jobs that share a folder."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spiking_music import files

POLL = 0.05  # seconds between looks for a free slot


class Slots:
    """`count` lock files in `folder`; the kernel frees those of a process that dies."""

    def __init__(self, folder: Path, count: int) -> None:
        with files.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._paths = [folder / str(number) for number in range(count)]

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a slot, and hold it for the block."""
        while True:
            for path in self._paths:
                with path.open("w") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        continue
                    yield
                    return
            time.sleep(POLL)
