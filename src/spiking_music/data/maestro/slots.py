"""No more than so many connections at a time, over all threads and jobs that share a folder."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spiking_music import files, locks

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
                    if locks.exclusive(file, wait=False):
                        yield
                        return
            time.sleep(POLL)
