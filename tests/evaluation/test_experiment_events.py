"""`experiments/events.py`: the events of the package's model lie where the sound is."""

from types import ModuleType

import numpy as np
import pytest

import spiking_music
from tests.evaluation.conftest import experiment


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return experiment("events")


def test_events_of_a_tone_are_at_its_key_while_it_sounds(script: ModuleType) -> None:
    codec = spiking_music.load()
    hop, frames = script.hop(codec), 86
    time = np.arange(frames * hop) / codec.sample_rate
    audio = 0.3 * np.sin(2 * np.pi * 880 * time) * (time > 1)  # A5, key 81
    key, frame, level = script.events(codec, audio.astype(np.float32), 16)
    loud = level == level.max()
    assert np.abs(key[loud] - 81).max() < 0.5
    assert frame.min() >= codec.sample_rate // hop - 2
    assert level.min() >= 1 and level.max() > 1
