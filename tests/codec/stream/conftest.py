"""Fixtures for streams."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def tracked_peak() -> Iterator[Callable[[Callable[[], object]], int]]:
    """Most bytes that a piece of work has allocated at one time."""

    def peak(work: Callable[[], object]) -> int:
        gc.collect()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    yield peak
    tracemalloc.stop()
