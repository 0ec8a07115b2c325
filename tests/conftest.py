"""Fixtures shared by all tests: real recordings where they are at hand, seeds, small audio."""

import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spiking_music.config import DemoConfig

# two workers of two threads each wait for each other: the tests took twice as long
os.environ.setdefault("OMP_NUM_THREADS", "1")
# hundreds of processes import the package: each compiled it anew where no bytecode is kept
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

hypothesis.settings.register_profile("shared machine", deadline=None)  # other jobs take turns
hypothesis.settings.load_profile("shared machine")

ROOT = Path(__file__).parents[1]
DEFAULTS = [str(ROOT / "config.yaml")]
DATA = Path(os.environ.get("SPIKING_MUSIC_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture
def raw() -> dict[str, Any]:
    """The configuration of the demo, as read."""
    from spiking_music import config  # here, as threads are set below the imports

    return config.read(DEFAULTS)


@pytest.fixture(scope="session")
def piano() -> "NDArray[np.float32]":
    """20 s of a generated piece at 22.05 kHz, (n,): no model of the package was trained on it."""
    import numpy as np

    from spiking_music import config
    from spiking_music.data.compose import compose
    from spiking_music.data.demo import plan
    from spiking_music.data.render import mix, open_soundfont

    few = {"minutes": 2, "performances": 4}
    demo = config.section(config.read(DEFAULTS), config.DatasetConfig).demo.model_copy(update=few)
    piece = next(iter(plan(demo, 7).values()))
    blocks = mix(compose(piece), open_soundfont(None, 22050), 1)
    return np.concatenate([block[0] for block in blocks])[: 20 * 22050]


KINDS = (
    "workflow",
    "browser",
    "cluster",
    "fuzz",
    "wheel",
    "fresh",
)  # folders whose tests are marked by their name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by folder and slow.txt, and order their files: two workers take them in turns, so
    those of the workflow, which take longest, come first, and files without a slow test last.
    """
    slow = set((ROOT / "tests" / "slow.txt").read_text().split())
    for item in items:
        if item.nodeid.partition("[")[0] in slow:
            item.add_marker(pytest.mark.slow)
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in KINDS:
            item.add_marker(getattr(pytest.mark, folder))
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda i: (i.get_closest_marker("workflow") is None, i.path not in long))


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` that `make` has filled, made by the first worker that needs it."""
    from filelock import FileLock  # here, as an installation of the codec alone has none

    root = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent  # which all workers share
    folder, made = root / name, root / f"{name}-is-made"
    with FileLock(root / f"{name}.lock"):
        if not made.exists():
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


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


def demo(**changes: Any) -> "DemoConfig":
    """The generated data set of config.yaml, but for `changes`."""
    from spiking_music import config

    found = config.section(config.read(DEFAULTS), config.DatasetConfig).demo
    return found.model_copy(update=changes)
