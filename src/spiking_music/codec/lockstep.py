"""A function that takes items from an iterator, as one that is given them when they are there.

It runs in a thread, but never beside the caller: one of them waits for the other at any time.
"""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class _Closed(Exception):
    """The caller wants no more."""


class Lockstep(Generic[In, Out]):
    """`work(items, emit)`: what it emits for each item comes out of the `push` of that item.

    An exception in `work` is raised where the caller waits for it, and again at any later call.
    """

    def __init__(self, work: Callable[[Iterator[In], Callable[[Out], None]], None]) -> None:
        self._work = work
        self._items: SimpleQueue[tuple[In] | _Closed | None] = SimpleQueue()
        self._turns: SimpleQueue[BaseException | bool] = SimpleQueue()  # True: wants more
        self._emitted: list[Out] = []
        self._thread: threading.Thread | None = None
        self._over = False
        self._error: BaseException | None = None

    def push(self, item: In) -> list[Out]:
        """What is emitted before the work asks for the next item."""
        return self._step((item,))

    def finish(self) -> list[Out]:
        """What is emitted when there is no further item."""
        return self._step(None)

    def close(self) -> None:
        """End the work wherever it is; nothing may be pushed any more."""
        if self._thread is not None and not self._over:
            self._items.put(_Closed())
            self._thread.join()
        self._over = True

    def __del__(self) -> None:
        if self._thread is not None and not self._over:
            self._items.put(_Closed())

    def _step(self, item: tuple[In] | None) -> list[Out]:
        if self._error is not None:
            raise self._error
        if self._thread is None and not self._over:
            self._start()
        if not self._over:
            self._items.put(item)
            self._wait()
        found, self._emitted[:] = [*self._emitted], []
        return found

    def _start(self) -> None:
        run = _runner(self._work, self._items, self._turns, self._emitted)
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        self._wait()

    def _wait(self) -> None:
        """Until the work wants an item, or is over."""
        turn = self._turns.get()
        if turn is True:
            return
        self._over = True
        if isinstance(turn, BaseException):
            self._error = turn
            raise turn


def _runner(
    work: Callable[[Iterator[In], Callable[[Out], None]], None],
    items: "SimpleQueue[tuple[In] | _Closed | None]",
    turns: "SimpleQueue[BaseException | bool]",
    emitted: list[Out],
) -> Callable[[], None]:
    """What the thread does; it holds no `Lockstep`, so that one that is dropped can end it."""

    def source() -> Iterator[In]:
        while True:
            turns.put(True)
            item = items.get()
            if isinstance(item, _Closed):
                raise item
            if item is None:
                return
            yield item[0]

    def run() -> None:
        try:
            work(source(), emitted.append)
        except BaseException as error:
            turns.put(error)
        else:
            turns.put(False)

    return run
