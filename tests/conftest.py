"""Fixtures shared by all tests: real recordings where they are at hand, seeds, small audio."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("shared machine", deadline=None)  # other jobs take turns
hypothesis.settings.load_profile("shared machine")

ROOT = Path(__file__).parents[1]
DEFAULTS = [str(ROOT / "config.yaml")]
DATA = Path(os.environ.get("SPIKING_MUSIC_DATA", ROOT.parent / "shared" / "data"))


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """The kernel refuses, as a full disk would, what we write to a file past its byte `room`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand: set SPIKING_MUSIC_DATA to the folder that holds it")
    return path


@pytest.fixture(scope="session")
def salamander() -> Path:
    """Folder of 380 rendered MAESTRO excerpts of 20 s, 22.05 kHz mono FLAC."""
    return _data("maestro-salamander-22k")


@pytest.fixture(scope="session")
def disklavier() -> Path:
    """Folder of 12 real piano recordings, 16 kHz mono FLAC."""
    return _data("disklavier-16k")


@pytest.fixture(scope="session")
def maestro_midi() -> Path:
    """Zip with part of MAESTRO's MIDI release."""
    return _data("maestro-v3.0.0-midi-part.zip")
