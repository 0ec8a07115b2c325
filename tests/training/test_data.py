import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import DataError
from spiking_music.training.data import CropBatches, batches, evenly_spaced, prefetched
from tests.training.conftest import SIGNAL, tiny, write_shard

Shards = dict[str, list[Path]]


def crops(shards: Shards, seed: int = 1, rank: int = 0, devices: int = 1) -> CropBatches:
    return CropBatches(Clips(shards["train"]), tiny().training, seed, rank, devices)


def test_a_batch_is_what_was_drawn(shards: Shards) -> None:
    made, clips = crops(shards), Clips(shards["train"])
    batch = made[7]
    assert batch.shape == (4, 1, 1024)
    assert batch.dtype == torch.float32
    for row, (clip, start) in zip(batch, made.draw(7), strict=True):
        assert torch.equal(row[0], clips[clip][start : start + 1024])


def test_draws_depend_on_seed_and_step_alone(shards: Shards) -> None:
    made = crops(shards)
    assert made.draw(5) == crops(shards).draw(5)
    assert made.draw(5) != made.draw(6)
    assert made.draw(5) != crops(shards, seed=2).draw(5)


def test_devices_share_the_batch_of_one_device(shards: Shards) -> None:
    parts = [crops(shards, rank=rank, devices=2).draw(3) for rank in range(2)]
    assert [len(part) for part in parts] == [2, 2]
    assert sorted(parts[0] + parts[1]) == sorted(crops(shards).draw(3))


def test_every_clip_and_offset_is_drawn_alike(shards: Shards) -> None:
    made = crops(shards)
    pairs = np.array([pair for step in range(2000) for pair in made.draw(step)])  # (8000, 2)
    counts = np.bincount(pairs[:, 0], minlength=9)
    assert abs(counts / len(pairs) - 1 / 9).max() < 0.02
    last = SIGNAL.clip_samples - 1024
    assert pairs[:, 1].min() < 10
    assert last - 10 < pairs[:, 1].max() <= last
    assert pairs[:, 1].mean() == pytest.approx(last / 2, rel=0.03)


def test_no_clips_is_an_error(tmp_path: Path) -> None:
    empty = Clips([write_shard(tmp_path / "train-0.h5", "train", 0, seed=0)])
    with pytest.raises(DataError, match="no training clips"):
        CropBatches(empty, tiny().training, seed=1)


@pytest.mark.parametrize("workers", [0, 1])
def test_loaders_keep_the_order_and_start_anywhere(shards: Shards, workers: int) -> None:
    made = crops(shards)
    with batches(made, range(3, 9), workers, pin=False) as loader:
        loaded = list(loader)
    assert len(loaded) == 6
    assert all(torch.equal(x, made[step]) for step, x in enumerate(loaded, start=3))


def test_a_signal_to_the_whole_group_does_not_end_workers(shards: Shards) -> None:
    made = crops(shards)
    with batches(made, range(6), workers=1, pin=False) as loader:
        first = next(loader)
        for worker in multiprocessing.active_children():
            os.kill(worker.pid, signal.SIGTERM)
            os.kill(worker.pid, signal.SIGINT)
        assert len([first, *loader]) == 6


def test_the_next_item_is_made_while_one_is_in_use() -> None:
    begun = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(begun):
            event.set()
            yield number

    with prefetched(items()) as made:
        assert next(made) == 0
        assert begun[1].wait(5)
        assert not begun[2].is_set()
        assert list(made) == [1, 2]


def test_an_error_of_the_thread_surfaces_at_its_turn() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise DataError("disk gone")

    with prefetched(items()) as made:
        assert next(made) == 0
        with pytest.raises(DataError, match="disk gone"):
            next(made)


@pytest.mark.parametrize(
    ("count", "total", "expected"),
    [(3, 9, [0, 4, 8]), (9, 3, [0, 1, 2]), (1, 5, [0]), (4, 0, [])],
)
def test_spread(count: int, total: int, expected: list[int]) -> None:
    assert evenly_spaced(count, total) == expected
