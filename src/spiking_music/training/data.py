"""Random crops of clips: the batch of step k is a pure function of (seed, k, rank).

So a resumed run needs no sampler state, and the number of loading processes changes nothing.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from spiking_music.config import TrainingConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import DataError
from spiking_music.training import signals

T = TypeVar("T")


class CropBatches(Dataset[Tensor]):
    """Item k is the batch of step k: float32 (batch_size / devices, 1, crop_samples).

    All devices draw the same `batch_size` pairs (clip, offset) and each takes every devices-th, so
    that a run sees the same crops on any number of devices.
    """

    def __init__(
        self, clips: Clips, training: TrainingConfig, seed: int, rank: int = 0, devices: int = 1
    ) -> None:
        if not len(clips):
            raise DataError("there are no training clips: the train split is empty")
        self.clips = clips
        self.crop_samples = training.crop_samples
        self.batch_size = training.batch_size
        self.seed, self.rank, self.devices = seed, rank, devices

    def draw(self, step: int) -> list[tuple[int, int]]:
        """(clip, offset in samples) of each crop of this device at `step`."""
        generator = np.random.default_rng([self.seed, step])
        clips = generator.integers(len(self.clips), size=self.batch_size)
        offsets = generator.integers(
            self.clips.clip_samples - self.crop_samples + 1, size=self.batch_size
        )
        pairs = list(zip(clips.tolist(), offsets.tolist(), strict=True))
        return pairs[self.rank :: self.devices]

    def __getitem__(self, step: int) -> Tensor:
        crops = [self.clips.read(i, start, self.crop_samples) for i, start in self.draw(step)]
        return torch.from_numpy(np.stack(crops))[:, None]


@contextmanager
def prefetched(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """`items`, the next one always being made in a thread; its exceptions surface at their turn."""
    with ThreadPoolExecutor(1) as pool:

        def following() -> Iterator[T]:
            end = object()
            pending = pool.submit(next, items, end)
            while (item := pending.result()) is not end:
                pending = pool.submit(next, items, end)
                yield item  # type: ignore[misc]

        yield following()


@contextmanager
def batches(
    crops: CropBatches, steps: range, workers: int, pin: bool
) -> Iterator[Iterator[Tensor]]:
    """The batches of `steps` in order, made ahead by `workers` processes or, if 0, by one thread.

    `pin` puts them in page-locked memory, whence a copy to a GPU runs beside computation.
    """
    if workers:
        yield iter(
            DataLoader(
                crops,
                batch_size=None,  # an item is a batch
                sampler=steps,
                num_workers=workers,
                pin_memory=pin,
                worker_init_fn=_start_worker,
            )
        )
        return
    made = (crops[step].pin_memory() if pin else crops[step] for step in steps)
    with prefetched(made) as loaded:
        yield loaded


def _start_worker(number: int) -> None:
    signals.ignore()  # a time limit stops the whole job: the last batches are still wanted


def evenly_spaced(count: int, total: int) -> list[int]:
    """At most `count` different indices, evenly spread over 0..total-1, always the same."""
    return sorted({int(i) for i in np.linspace(0, total - 1, min(count, total))})
