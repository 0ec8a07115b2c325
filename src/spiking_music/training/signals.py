"""Stop requests (Ctrl-C, the SIGTERM of a time limit) that let the current step finish."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Holds the name of the first stop signal received, or None; a second Ctrl-C acts at once.

    A second SIGTERM does not: it may be the first one, passed on by a parent that got it too.
    """

    def __init__(self) -> None:
        self.name: str | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        if number == signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)


def forward(number: int, frame: FrameType | None) -> None:
    """Pass a stop signal on to the processes this one has spawned; without any, obey it."""
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    if not children:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


def ignore() -> None:
    """Leave it to the process that started this one when to end, not to a signal to the group."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let `handler` receive the stop signals; a no-op outside the main thread, which owns them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in STOPS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
