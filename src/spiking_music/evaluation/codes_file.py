"""Codes of a split as a file: what a model makes of clips, and all that is needed to decode them.

HDF5: dataset `codes`, one chunk a clip, in the order of the clips: uint8 z (clips, N, T) of a
binary variant, uint16 indices (clips, Q, T) of an RVQ, or the spectrogram (clips, n_mels, T),
float32, that the MEL variant's decoder is given. Attributes: kind ("binary" | "rvq" | "mel"),
codebook_size (1 unless rvq), level (μ of all clips; -1 where the model takes none; -2 where clips
take turns at several, which is for entropy tables and no decoder), variant, hop (samples),
sample_rate (Hz), weights (sha256 of the model's file), layout (the numbers of
`mdct.thermometer.Layout`, "" or absent where the bottleneck is no dead-zone quantiser).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from spiking_music import hdf5
from spiking_music.errors import CodeError

NO_LEVEL = -1  # of a model that takes none
SEVERAL = -2  # clips of several levels
MANY = 512  # rows; a dead-zone quantiser has thousands, most of which are silent for long
TYPES = {"binary": np.uint8, "rvq": np.uint16, "mel": np.float32}
Codes = NDArray[np.uint8 | np.uint16 | np.float32]


@dataclass(frozen=True)
class Origin:
    """Where codes come from: the attributes of the file."""

    kind: Literal["binary", "rvq", "mel"]
    codebook_size: int
    level: int  # μ, `NO_LEVEL` or `SEVERAL`
    variant: str
    hop: int
    sample_rate: int
    weights: str
    layout: str = ""


class CodesFile:
    """An open file of codes; see `open_codes`."""

    def __init__(self, path: Path, codes: h5py.Dataset, origin: Origin) -> None:
        self.path = path
        self.origin = origin
        self.rows, self.steps = codes.shape[1:]  # N, Q or n_mels, and T
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def seconds(self) -> float:
        """Duration of a clip."""
        return float(self.steps * self.origin.hop / self.origin.sample_rate)

    def batches(self, size: int) -> Iterator[Codes]:
        """Codes (≤ size, rows, T), batch after batch; `CodeError` where the file is damaged."""
        for start in range(0, len(self), size):
            try:
                yield self._codes[start : start + size]
            except OSError as error:
                raise _unreadable(self.path, error) from None

    def chosen(self, clips: Sequence[int]) -> Codes:
        """Codes (count, rows, T) of some clips; `CodeError` where the file is damaged."""
        try:
            return np.stack([self._codes[clip] for clip in clips])
        except OSError as error:
            raise _unreadable(self.path, error) from None


@contextmanager
def open_codes(path: Path) -> Iterator[CodesFile]:
    """Open the codes at `path`; `CodeError` where they are missing, damaged or something else."""
    if not path.is_file():
        raise CodeError(f"no codes at '{path}': run the rule `codes` first")
    try:
        file = hdf5.opened(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    with file:
        try:
            fields = Origin.__dataclass_fields__.keys() - {"layout"}
            attributes = {name: file.attrs[name] for name in fields}
            attributes["layout"] = file.attrs.get("layout", "")
            codes = file["codes"]
        except KeyError as error:
            raise CodeError(f"'{path}' does not hold codes of this version: {error}") from None
        for name, value in attributes.items():
            attributes[name] = value if isinstance(value, str) else int(value)
        yield CodesFile(path, codes, Origin(**attributes))


def pictured(codes: Codes) -> NDArray[np.int64]:
    """Which rows of codes (rows, T) a picture shows: all; of more than `MANY` those that fire."""
    rows = np.arange(len(codes))
    if len(rows) <= MANY:
        return rows
    fires = rows[codes.any(axis=1)]
    return fires if len(fires) else rows[:1]


def _unreadable(path: Path, error: OSError) -> CodeError:
    if reason := hdf5.system_reason(error):
        return CodeError(f"codes '{path}' cannot be read ({reason}): see to the disk they are on")
    return CodeError(f"codes '{path}' are damaged: delete the file and run the rule `codes` again")
