"""Work on many things in several processes, each of which is prepared once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from spiking_music.overwriting import CALL, Call

Item = TypeVar("Item")
Result = TypeVar("Result")
Prepare = Callable[[], Callable[[Any], Any]]
_prepared: list[Callable[[Any], Any]] = []  # of this process
_prepare: list[Prepare] = []


@contextmanager
def pool(
    count: int, prepare: Callable[[], Callable[[Item], Result]]
) -> Iterator[Callable[[Item], "Future[Result]"]]:
    """What starts the work on an item in one of `count` processes.

    prepare: makes what does the work, once in every process; an error of it is each item's. What
    is running is waited for in the end; after an exception, what has not begun is dropped.
    """
    executor = ProcessPoolExecutor(
        count, get_context("spawn"), initializer=_start, initargs=(prepare, CALL.get())
    )
    try:
        yield lambda item: executor.submit(_work, item)
    except BaseException:
        executor.shutdown(cancel_futures=True)
        raise
    executor.shutdown()


def _start(prepare: Prepare, call: Call) -> None:
    CALL.set(call)  # what may be written over
    _prepare[:] = [prepare]


def _work(item: Any) -> Any:
    if not _prepared:
        _prepared.append(_prepare[0]())
    return _prepared[0](item)
