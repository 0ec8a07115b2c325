"""Progress in bytes: a bar on a terminal, a line now and then in a log."""

import sys
import threading
import time

from rich import filesize
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.progress import Progress as Bar

EVERY = 15.0  # seconds between lines


class Progress:
    """Counts bytes up to `total`; threads may share it. Use it as a context."""

    def __init__(self, total: int) -> None:
        console = Console(stderr=True)
        self._bar = Bar(
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("download", total=total)
        self._lines = not console.is_terminal
        self._lock = threading.Lock()
        self._total = total
        self._told = self._began = time.monotonic()
        self.done = 0

    def add(self, size: int) -> None:
        """`size` more bytes have arrived."""
        self._bar.advance(self._task, size)
        with self._lock:
            self.done += size
            if self._lines and time.monotonic() - self._told > EVERY:
                self._told = time.monotonic()
                self._tell()

    def _tell(self) -> None:
        rate = self.done / max(time.monotonic() - self._began, 1e-3)
        print(
            f"fetched {filesize.decimal(self.done)} of {filesize.decimal(self._total)}, "
            f"{filesize.decimal(int(rate))}/s",
            file=sys.stderr,
        )

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        if self._lines and self.done:
            self._tell()
