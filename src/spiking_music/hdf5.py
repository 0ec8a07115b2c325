"""HDF5 files to read: opened without locks, and told apart by what is wrong with them."""

import os
from pathlib import Path
from typing import Any

import h5py


def opened(path: Path, **options: Any) -> h5py.File:
    """The file at `path`, read only. `OSError` where it cannot be opened; see `system_reason`.

    HDF5 would lock it, which many network file systems refuse. Nothing here is written in place:
    a file that a reader sees is whole, and is replaced, never changed.
    """
    return h5py.File(path, "r", locking=False, **options)


def system_reason(error: Exception) -> str | None:
    """What the system says is wrong, such as a failing disk; None where the file itself is."""
    code = getattr(error, "errno", None)
    return os.strerror(code) if code else None
