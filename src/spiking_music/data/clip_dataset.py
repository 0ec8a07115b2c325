"""The clips of one or more shards as a torch data set."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from spiking_music import hdf5
from spiking_music.data.shard import FULL_SCALE
from spiking_music.errors import DataError


def split_of(path: Path) -> str:
    """The split that shard `path` (.h5) belongs to; `DataError` where it is no shard."""
    with _opened(Path(path)) as file:
        return str(file.attrs["split"])


class Clips(Dataset[Tensor]):
    """Clips of the shards `paths`, shard after shard.

    `clips[i]` is a float32 tensor (clip_samples,), full scale = 1. Files are opened on the first
    read of each process, so that forked and spawned workers do not share handles.

    Raises `DataError` where a shard is missing, damaged or of another sample rate or clip length
    than the first, for an index outside 0..len-1, and after `close`.
    """

    sample_rate: int  # Hz
    clip_samples: int

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise DataError("no clip shard was given: name at least one .h5 file")
        self.paths = [Path(path) for path in paths]
        shapes, gains = zip(*(_described(path) for path in self.paths), strict=True)
        for path, shape in zip(self.paths, shapes, strict=True):
            if shape != shapes[0]:
                raise DataError(
                    f"'{path}' has (sample rate, clip length) {shape} and '{self.paths[0]}' "
                    f"{shapes[0]}: build both with the same `signal` section"
                )
        self.sample_rate, self.clip_samples = shapes[0]
        self._ends = np.cumsum([len(gain) for gain in gains])  # (shards,) clips up to and with it
        self._gains = np.concatenate(gains)  # (clips,)
        self._files: dict[int, h5py.Dataset] | None = {}
        self._process = os.getpid()

    def __len__(self) -> int:
        return len(self._gains)

    def __getitem__(self, index: int) -> Tensor:
        return torch.from_numpy(self.read(index, 0, self.clip_samples))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[index] for index in range(len(self)))

    def read(self, index: int, start: int, length: int) -> NDArray[np.float32]:
        """Samples [start, start + length) of clip `index` as float32 (length,); reads only them."""
        if not 0 <= index < len(self):
            raise DataError(f"clip {index} does not exist: there are {len(self)} clips")
        if start < 0 or length < 0 or start + length > self.clip_samples:
            raise DataError(
                f"samples {start} to {start + length} are not within a clip of {self.clip_samples}"
            )
        shard = int(np.searchsorted(self._ends, index, side="right"))
        row = index - (int(self._ends[shard - 1]) if shard else 0)
        try:  # a plain slice takes h5py's short way, three times as fast as read_direct
            pcm = self._shard(shard)[row, start : start + length]
        except OSError as error:
            raise _unreadable(self.paths[shard], error) from None
        samples = pcm.astype(np.float32)
        samples *= np.float32(1 / (FULL_SCALE * float(self._gains[index])))
        return samples

    def close(self) -> None:
        """Close the files; the data set cannot be read any more."""
        if self._files is not None and self._process == os.getpid():
            for audio in self._files.values():
                audio.file.close()
        self._files = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_files": self._files and {}}  # handles do not travel

    def _shard(self, shard: int) -> h5py.Dataset:
        if self._files is None:
            raise DataError("these clips were closed: make a new Clips to read on")
        if self._process != os.getpid():  # forked: the parent's handles are not ours to use
            self._files, self._process = {}, os.getpid()
        if shard not in self._files:
            self._files[shard] = _opened(self.paths[shard])["audio"]
        return self._files[shard]


def _opened(path: Path) -> h5py.File:
    if not path.is_file():
        raise DataError(f"clip shard '{path}' is missing: run the rule `clips` first")
    try:
        # Without a chunk cache HDF5 reads just the wanted samples of an uncompressed chunk.
        return hdf5.opened(path, rdcc_nbytes=0)
    except OSError as error:
        raise _unreadable(path, error) from None


def _described(path: Path) -> tuple[tuple[int, int], NDArray[np.float32]]:
    """((sample rate, clip length), gain of each clip) of a shard."""
    with _opened(path) as file:
        try:
            shape = int(file.attrs["sample_rate"]), int(file.attrs["clip_samples"])
            gains = file["gain"][:]
            whole = file["audio"].shape == (len(gains), shape[1])
        except (KeyError, OSError) as error:
            raise _unreadable(path, error) from None
    if not whole:
        raise _unreadable(path, ValueError("`audio` and `gain` differ in length"))
    return shape, gains


def _unreadable(path: Path, error: Exception) -> DataError:
    if reason := hdf5.system_reason(error):
        return DataError(
            f"clip shard '{path}' cannot be read ({reason}): see to its disk and permissions"
        )
    return DataError(
        f"clip shard '{path}' is damaged ({error}): delete it and run the rule `clips` again"
    )
