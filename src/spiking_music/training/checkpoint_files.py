"""What a run leaves in its folder of checkpoints; it deletes nothing else there."""

import re
from pathlib import Path

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
