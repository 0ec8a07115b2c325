import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Event

import pytest

from spiking_music.training.signals import StopRequest, forward, handled


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_becomes_a_request_and_handlers_come_back(number: int) -> None:
    before = signal.getsignal(number)
    stop = StopRequest()
    with handled(stop):
        assert stop.name is None
        os.kill(os.getpid(), number)
        assert stop.name == signal.Signals(number).name
        insisted = signal.getsignal(number) == signal.SIG_DFL  # a second one acts at once
        assert insisted == (number == signal.SIGINT)
    assert signal.getsignal(number) == before


def pause(ready: Event) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ready.set()
    time.sleep(600)


def test_a_parent_passes_the_signal_on() -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    child = context.Process(target=pause, args=(ready,))
    child.start()
    assert ready.wait(60)  # before, it has the handlers of this process
    with handled(forward):
        os.kill(os.getpid(), signal.SIGTERM)
        child.join(60)
    assert child.exitcode == -signal.SIGTERM


def test_a_parent_without_children_obeys() -> None:
    child = multiprocessing.get_context("fork").Process(target=terminate_self)
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGTERM


def terminate_self() -> None:
    with handled(forward):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
