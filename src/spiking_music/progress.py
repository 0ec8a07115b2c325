"""How far a long verb is: a bar on a terminal, and in a log a line a minute."""

import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from datetime import timedelta
from multiprocessing import parent_process
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

INTERVAL = 60.0  # seconds between two lines
Item = TypeVar("Item")


class Progress:
    """Of `name`, `done` of `total` steps (None: unknown); a context manager. `clock` gives seconds.

    A line has the steps that are done, the seconds that each has taken since this process began,
    and the time that is left: "free: step 440 of 1500, 1.21 s a step, 0:21:23 left". All goes to
    `console`, by default stderr. unit: what a step is called.
    """

    def __init__(
        self,
        name: str,
        total: float | None,
        done: float = 0,
        console: "Console | None" = None,
        clock: Callable[[], float] = time.monotonic,
        unit: str = "step",
    ) -> None:
        self.name, self.total, self.done, self.first = name, total, done, done
        self.console, self.clock, self.unit = console, clock, unit
        self.began = self.told = clock()
        self._stack = ExitStack()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        if self._on_terminal():
            from rich.console import Console  # here, as it takes time
            from rich.progress import MofNCompleteColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (*Bar.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
            console = self.console or Console(stderr=True)
            self._bar = self._stack.enter_context(Bar(*columns, console=console))
            self._task = self._bar.add_task(self.name, total=self.total, completed=int(self.done))
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def advance(self, steps: float = 1) -> None:
        """So many further steps are done."""
        self.done += steps
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
        elif self.clock() - self.told >= INTERVAL:
            self.told = self.clock()
            self._say(self._line())

    def _on_terminal(self) -> bool:
        if self.console is not None:
            return self.console.is_terminal
        # bars of several processes would be drawn over each other
        return sys.stderr is not None and sys.stderr.isatty() and parent_process() is None

    def _say(self, line: str) -> None:
        if self.console is not None:
            self.console.out(line, highlight=False)
        elif sys.stderr is not None:
            print(line, file=sys.stderr, flush=True)

    def _line(self) -> str:
        each = (self.clock() - self.began) / (self.done - self.first)
        line = f"{self.name}: {self.unit} {self.done:.0f}"
        if self.total is None:
            return f"{line}, {each:.3g} s a {self.unit}"
        left = timedelta(seconds=round(each * (self.total - self.done)))
        return f"{line} of {self.total:.0f}, {each:.3g} s a {self.unit}, {left} left"


def tracked(
    items: Iterable[Item],
    name: str,
    total: float | None,
    size: Callable[[Item], float] = lambda item: 1,
    unit: str = "step",
) -> Generator[Item, None, None]:
    """The same items, while the progress of `name` advances by the `size` of each."""
    with Progress(name, total, unit=unit) as progress:
        for item in items:
            yield item
            progress.advance(size(item))
