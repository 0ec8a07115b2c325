"""Clips of recordings with two channels, for experiments: the codec itself mixes them to one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

import tables
from other_music import SOUNDS
from spiking_music.errors import DataError
from spiking_music.evaluation import metrics

Audio = NDArray[np.float32]


@dataclass(frozen=True)
class StereoClips:
    """Clips (C, 2, L) of one kind of music, and the recording of each, (C,)."""

    name: str
    clips: Audio
    performances: NDArray[np.int64]

    @property
    def mixed(self) -> Audio:
        """The channels' mean, (C, L), as the codec takes it."""
        return self.clips.mean(axis=1)


def stereo_clips(
    name: str, folder: Path, rate: int, samples: int, recordings: int, each: int
) -> StereoClips:
    """`each` clips of `samples` at `rate` Hz from each of at most so many `recordings`.

    Recordings are evenly spread over those of the folder by name, clips over a recording. Clips of
    which a channel, or the channels' mean, is silent are left out. `DataError` where none is left.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)
    long = [path for path in found if _usable(path, (each + 1) * samples / rate)]
    if not long:
        raise DataError(f"'{folder}' holds no stereo recording of {each} clips: name another")
    places = np.linspace(0, len(long) - 1, min(recordings, len(long))).round().astype(int)
    clips, owners = [], []
    for number, place in enumerate(np.unique(places)):
        for clip in _cut(long[place], rate, samples, each):
            heard = np.concatenate([clip, clip.mean(axis=0, keepdims=True)])
            if metrics.level_dbfs(heard).min() > tables.SETTINGS.silence_dbfs:
                clips.append(clip)
                owners.append(number)
    if not clips:
        raise DataError(f"the recordings of '{folder}' are silent: name another folder")
    return StereoClips(name, np.stack(clips), np.array(owners))


def _usable(path: Path, seconds: float) -> bool:
    info = soundfile.info(path)
    return bool(info.channels == 2 and info.duration >= seconds)


def _cut(path: Path, rate: int, samples: int, each: int) -> list[Audio]:
    info = soundfile.info(path)
    size = int(np.ceil(samples * info.samplerate / rate)) + 64
    clips = []
    for i in range(each):
        start = int((i + 1) * (info.frames - size) / (each + 1))
        sound, _ = soundfile.read(path, size, start, dtype="float32", always_2d=True)
        clips.append(soxr.resample(sound, info.samplerate, rate)[:samples].T)
    return clips
