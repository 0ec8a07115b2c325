"""The torch data set over clip shards."""

import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.clip_dataset import Clips, split_of
from spiking_music.errors import DataError
from tests.data.conftest import build

Make = Callable[..., Path]


@pytest.fixture
def shards(make: Make, signal: SignalConfig, dataset: DatasetConfig) -> list[Path]:
    """Three shards of 2, 0 and 4 clips."""
    root = make([1.0, 0.2, 1.0, 0.1, 0.1, 0.2], shards=3)
    for index in (3, 4, 5):
        (root / f"{index}.wav").write_bytes((root / "0.wav").read_bytes())
    rows = pd.read_csv(root / "performances.csv").assign(shard=[0, 1, 2, 2, 3, 3])
    rows.to_csv(root / "performances.csv", index=False)
    for shard in range(3):
        build(root, signal, dataset, shard)
    return [root / "out" / f"{shard}.h5" for shard in range(3)]


def test_clips_of_several_shards_in_order(shards: list[Path]) -> None:
    clips = Clips(shards)
    expected = np.concatenate([h5py.File(path)["audio"][:] for path in shards]) / 32767
    assert (len(clips), clips.sample_rate, clips.clip_samples) == (6, 22050, 8192)
    assert clips[0].dtype == torch.float32
    assert np.allclose(torch.stack(list(clips)), expected, atol=1e-7)
    assert np.array_equal(clips.read(3, 100, 50), clips[3][100:150].numpy())
    assert split_of(shards[1]) == "train"


def test_workers_read_the_same_clips(shards: list[Path]) -> None:
    clips = Clips(shards)
    here = torch.stack(list(clips))  # opens the files before the workers start
    loader = DataLoader(clips, batch_size=2, num_workers=2, multiprocessing_context="fork")
    assert torch.equal(torch.cat(list(loader)), here)


def test_a_pickled_data_set_reads_on(shards: list[Path]) -> None:
    clips = Clips(shards)
    first = clips[0]
    assert torch.equal(pickle.loads(pickle.dumps(clips))[0], first)


@pytest.mark.parametrize("index", [-1, 6])
def test_an_index_outside_is_refused(shards: list[Path], index: int) -> None:
    with pytest.raises(DataError, match=f"clip {index} does not exist: there are 6"):
        Clips(shards)[index]


@pytest.mark.parametrize(("start", "length"), [(-1, 5), (8000, 193), (0, -1)])
def test_a_crop_outside_is_refused(shards: list[Path], start: int, length: int) -> None:
    with pytest.raises(DataError, match="not within a clip of 8192"):
        Clips(shards).read(0, start, length)


def test_closed_clips_are_refused_here_and_after_pickling(shards: list[Path]) -> None:
    clips = Clips(shards)
    clips[0]
    clips.close()
    for closed in (clips, pickle.loads(pickle.dumps(clips))):
        with pytest.raises(DataError, match="were closed"):
            closed[0]


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.98])
def test_a_damaged_shard_is_refused(shards: list[Path], kept: float) -> None:
    content = shards[0].read_bytes()
    shards[0].write_bytes(content[: int(kept if kept >= 1 else kept * len(content))])
    with pytest.raises(DataError, match=r"0\.h5' is damaged .* run the rule `clips` again"):
        list(Clips(shards))


def test_other_files_and_no_files_are_refused(shards: list[Path], tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["something"] = 1
    with pytest.raises(DataError, match=r"other\.h5' is damaged"):
        Clips([tmp_path / "other.h5"])
    with pytest.raises(DataError, match=r"none\.h5' is missing"):
        Clips([tmp_path / "none.h5"])
    with pytest.raises(DataError, match="no clip shard was given"):
        Clips([])


def test_shards_of_different_signals_are_refused(
    shards: list[Path], signal: SignalConfig, dataset: DatasetConfig
) -> None:
    root = shards[0].parents[1]
    other = signal.model_copy(update={"clip_samples": 4096})
    build(root, other, dataset, 0)
    with pytest.raises(DataError, match="build both with the same `signal`"):
        Clips(shards)
