"""Codes of a split as a file: what a model makes of clips, and all that is needed to decode them.

HDF5: dataset `codes`, one chunk a clip, in the order of the clips: uint8 z (clips, N, T) of a
binary variant, or uint16 indices (clips, Q, T) of an RVQ. Attributes: kind ("binary" | "rvq"),
codebook_size (1 for binary), variant, hop (samples), sample_rate (Hz), weights (sha256 of the
model's file).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError


@dataclass(frozen=True)
class Origin:
    """Where codes come from: the attributes of the file."""

    kind: Literal["binary", "rvq"]
    codebook_size: int
    variant: str
    hop: int
    sample_rate: int
    weights: str


class CodesFile:
    """An open file of codes; see `open_codes`."""

    def __init__(self, path: Path, codes: h5py.Dataset, origin: Origin) -> None:
        self.path = path
        self.origin = origin
        self.rows, self.steps = codes.shape[1:]  # N or Q, T
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def seconds(self) -> float:
        """Duration of a clip."""
        return float(self.steps * self.origin.hop / self.origin.sample_rate)

    def batches(self, size: int) -> Iterator[NDArray[np.integer[Any]]]:
        """Codes (≤ size, N or Q, T), batch after batch; `CodeError` where the file is damaged."""
        for start in range(0, len(self), size):
            try:
                yield self._codes[start : start + size]
            except OSError:
                raise _damaged(self.path) from None


@contextmanager
def open_codes(path: Path) -> Iterator[CodesFile]:
    """Open the codes at `path`; `CodeError` where they are missing, damaged or something else."""
    if not path.is_file():
        raise CodeError(f"no codes at '{path}': run the rule `codes` first")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise _damaged(path) from None
    with file:
        try:
            attributes = {name: file.attrs[name] for name in Origin.__dataclass_fields__}
            codes = file["codes"]
        except KeyError as error:
            raise CodeError(f"'{path}' does not hold codes of this version: {error}") from None
        for name, value in attributes.items():
            attributes[name] = value if isinstance(value, str) else int(value)
        yield CodesFile(path, codes, Origin(**attributes))


def _damaged(path: Path) -> CodeError:
    return CodeError(f"codes '{path}' are damaged: delete the file and run the rule `codes` again")
