"""The clips of a shard of a split as one HDF5 file.

Dataset `audio` int16 (clips, clip_samples), one uncompressed chunk a clip, and `gain` float32
(clips,); root attributes sample_rate, clip_samples, split, shard. The waveform of a clip is
audio / 32767 / gain, where gain is 1 unless resampling drove the clip beyond full scale.
"""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.config import SignalConfig

FULL_SCALE = 32767
GROWTH = 64  # clips by which the HDF5 dataset grows at a time; trimmed in the end


class ShardFile:
    """An HDF5 file that takes clips one by one. Use it as a context; `OSError` on a full disk."""

    def __init__(self, path: Path, signal: SignalConfig, split: str, shard: int) -> None:
        size = signal.clip_samples
        self._disk = files.Disk(path)
        self._file = h5py.File(self._disk, "w", libver="v110")
        self._file.attrs.update(
            sample_rate=signal.sample_rate, clip_samples=size, split=split, shard=shard
        )
        self._audio = self._file.create_dataset(
            "audio", shape=(0, size), maxshape=(None, size), chunks=(1, size), dtype="<i2"
        )
        self._room = 0  # rows the dataset has at the moment
        self._gains: list[float] = []

    def __len__(self) -> int:
        return len(self._gains)

    def append(self, pcm: NDArray[np.int16], gain: float) -> None:
        """Add a clip, `pcm` int16 (clip_samples,)."""
        if len(self) >= self._room:
            self._room = len(self) + GROWTH
            self._audio.resize(self._room, axis=0)
        self._audio.id.write_direct_chunk((len(self), 0), pcm)  # no filter, no conversion
        self._gains.append(gain)
        self._disk.check()

    def forget_from(self, index: int) -> None:
        """Drop clip `index` and all after it."""
        self._audio.resize(index, axis=0)
        self._room = index
        del self._gains[index:]

    def __enter__(self) -> "ShardFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        with self._disk:
            self._audio.resize(len(self), axis=0)
            self._file.create_dataset("gain", data=np.array(self._gains, "<f4"))
            self._file.close()


def quantise(clip: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """Round `clip` (n,) to int16; return it with the gain that kept it within full scale.

    `clip` is overwritten: a second array of its size would push both out of the cache.
    """
    peak = max(float(clip.max()), -float(clip.min()))
    gain = float(np.float32(1 / peak)) if peak > 1 else 1.0  # float32: what the file holds
    clip *= np.float32(FULL_SCALE * gain)
    return np.rint(clip, out=clip).astype(np.int16), gain
