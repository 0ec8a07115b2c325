"""How far a long verb is: a bar on a terminal, and in a log a line a minute."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

INTERVAL = 60.0  # seconds between two lines
Item = TypeVar("Item")


class Progress:
    """Of `name`, `done` of `total` steps; a context manager. `clock` gives seconds.

    A line has the steps that are done, the seconds that each has taken since this process began,
    and the time that is left: "free: step 440 of 1500, 1.21 s a step, 0:21:23 left". All goes to
    `console`, by default stderr.
    """

    def __init__(
        self,
        name: str,
        total: int,
        done: int = 0,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.total, self.done, self.first = name, total, done, done
        self.console, self.clock = console or Console(stderr=True), clock
        self.began = self.told = clock()
        self._stack = ExitStack()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            columns = (*Bar.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = self._stack.enter_context(Bar(*columns, console=self.console))
            self._task = self._bar.add_task(self.name, total=self.total, completed=self.done)
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def advance(self, steps: int = 1) -> None:
        """So many further steps are done."""
        self.done += steps
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
        elif self.clock() - self.told >= INTERVAL:
            self.told = self.clock()
            self.console.out(self._line(), highlight=False)

    def _line(self) -> str:
        each = (self.clock() - self.began) / (self.done - self.first)
        left = timedelta(seconds=round(each * (self.total - self.done)))
        return f"{self.name}: step {self.done} of {self.total}, {each:.3g} s a step, {left} left"


def tracked(
    items: Iterable[Item], name: str, total: int, size: Callable[[Item], int] = lambda item: 1
) -> Iterator[Item]:
    """The same items, while the progress of `name` advances by the `size` of each."""
    with Progress(name, total) as progress:
        for item in items:
            yield item
            progress.advance(size(item))
