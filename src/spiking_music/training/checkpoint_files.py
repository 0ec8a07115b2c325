"""What a run leaves in its folder of checkpoints; it deletes nothing else there."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spiking_music import locks
from spiking_music.files import litter

LAST_GOOD = "last-good.safetensors"  # what a collapse leaves, see `collapse`
LOG = b"step,"  # how the table of a run begins
NAME = re.compile(r"step-\d{9,}\.pt")


def found(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, of whatever run; none where there is no folder."""
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if NAME.fullmatch(path.name)]


def is_log(path: Path) -> bool:
    """Whether the table `path` is one that a run wrote, or empty."""
    with path.open("rb") as file:
        return file.read(len(LOG)) in (LOG, b"")


def stranger(folder: Path) -> str | None:
    """Something in `folder` that no run left there; None where there is nothing."""
    ours = {*found(folder), *litter(folder), folder / LAST_GOOD}
    others = sorted(path.name for path in folder.iterdir() if path not in ours)
    return others[0] if others else None


@contextmanager
def alone(folder: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Make `folder`, and wait until no other run on this machine uses it.

    A workflow that was killed may leave a training behind, from whose checkpoints this one goes on.
    """
    descriptor, made = _locked(folder, report)
    try:
        yield
    finally:
        with suppress(OSError):  # not empty, or gone
            for path in made:
                path.rmdir()
        os.close(descriptor)


def _locked(folder: Path, report: Callable[[str], None]) -> tuple[int, list[Path]]:
    """A descriptor of `folder` with the lock on it, and the folders that were made for it."""
    while True:
        made = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
        if not locks.exclusive(descriptor, wait=False):
            report(f"another run trains in '{folder}': waiting for its end")
            locks.exclusive(descriptor)
        if folder.is_dir() and os.path.samestat(os.fstat(descriptor), folder.stat()):
            return descriptor, made
        os.close(descriptor)  # the other run has ended, and removed it
