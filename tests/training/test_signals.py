import os
import signal

import pytest

from spiking_music.training.signals import StopRequest, handled


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_becomes_a_request_and_handlers_come_back(number: int) -> None:
    before = signal.getsignal(number)
    stop = StopRequest()
    with handled(stop):
        assert stop.name is None
        os.kill(os.getpid(), number)
        assert stop.name == signal.Signals(number).name
        assert signal.getsignal(number) == signal.SIG_DFL  # a second one acts at once
    assert signal.getsignal(number) == before
