"""The columns of events, units and blocks, and by what a file of them is known as ours (*ours*).

Nothing here is slow to import: targets are checked before a model is loaded.
"""

import zipfile
from pathlib import Path

import numpy as np

from spiking_music.extras import needed

EVENT = np.dtype(
    [
        ("time", np.float64),  # s: the centre of the frame
        ("unit", np.int32),
    ]
)
UNIT = np.dtype(
    [
        ("unit", np.int32),  # row of the codes
        ("kind", "U8"),  # on, off, further, gain, envelope; unit of a trained encoder
        ("hz", np.float64),  # centre of the bin or band; NaN where there is none
        ("sign", np.int8),  # of the coefficient: 1, −1; 0 where it has none
        ("quantiser_level", np.int16),  # that the unit stands for, from 1 on; 0: none
        ("threshold", np.float64),  # see `codec.units`; NaN where there is none
    ]
)
NOTE = ("note", np.int16)  # a further column of units, MIDI number; −1: none
BLOCK = np.dtype(
    [
        ("time", np.float64),  # s: where it starts
        ("level", np.int16),  # μ
        ("gain", np.float32),  # what its samples were multiplied by before coding
    ]
)
UNITS = (UNIT.names, np.dtype([*UNIT.descr, NOTE]).names)  # without notes, and with them
NO_LEVEL = -1
SOFTWARE = "spiking-music"  # by this tag a file is known as one of ours
BESIDE = ("units", "blocks")  # of a CSV file


def paths(path: Path) -> list[Path]:
    """All files that are written for `path`."""
    if path.suffix.lower() != ".csv":
        return [path]
    return [path, *(path.with_name(f"{path.stem}-{name}{path.suffix}") for name in BESIDE)]


def is_ours(path: Path) -> bool:
    """Whether `path` is a file of `event_file`: by its tag, a CSV file by its columns.

    `time,unit` may head anyone's table. Such a file is ours only beside its units and blocks, which
    are written before it.
    """
    try:
        if path.suffix.lower() == ".csv":
            names = _names(path)
            if names == EVENT.names:
                _, units, blocks = paths(path)
                return _names(units) in UNITS and _names(blocks) == BLOCK.names
            return names == BLOCK.names or names in UNITS
        if path.suffix.lower() == ".npz":
            with np.load(path) as arrays:
                return "software" in arrays and str(arrays["software"]) == SOFTWARE
        with needed(f"'{path}'", "formats"):
            import h5py  # here, as the codec does without
        with h5py.File(path, "r", locking=False) as found:
            return found.attrs.get("software") == SOFTWARE
    except (OSError, ValueError, zipfile.BadZipFile):  # another program's
        return False


def _names(path: Path) -> tuple[str, ...]:
    """The columns of a CSV file."""
    with path.open("rb") as file:
        return tuple(file.readline(1000).decode("ascii").strip().split(","))
