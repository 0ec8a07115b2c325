"""A small MAESTRO on a server, its archive and its configuration."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from spiking_music import config as configuration
from spiking_music.config import DatasetConfig, DownloadConfig
from spiking_music.data.maestro import store as stores
from spiking_music.data.maestro.http import Client
from spiking_music.data.maestro.store import Store
from tests.conftest import DEFAULTS
from tests.data.maestro.server import Server, make_zip, serving

SIZES = {"2004/a.wav": 300_000, "2004/a.midi": 5_000, "2006/b.wav": 200_000, "2006/b.midi": 4_000}
ZIP, NAMES = "maestro.zip", sorted(SIZES)
TABLE = """canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration
Nobody,A,train,2004,2004/a.midi,2004/a.wav,1.5
Nobody,B,test,2006,2006/b.midi,2006/b.wav,1.0
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="session")
def members() -> dict[str, bytes]:
    """Name → contents: half noise, half zeros, so that deflating makes a difference."""
    rng = np.random.default_rng(0)
    files = {name: rng.bytes(size // 2) + bytes(size // 2) for name, size in SIZES.items()}
    return {"maestro-v3.0.0.csv": TABLE.encode(), **files}


@pytest.fixture
def server(tmp_path: Path, members: dict[str, bytes]) -> Iterator[Server]:
    served = tmp_path / "served"
    served.mkdir()
    make_zip(served / "maestro.zip", members)
    (served / "maestro-v3.0.0.csv").write_text(TABLE)
    with serving(served) as server:
        yield server


@pytest.fixture
def download(server: Server, tmp_path: Path) -> DownloadConfig:
    archive = (server.folder / "maestro.zip").read_bytes()
    changes = {
        "table": server.url("maestro-v3.0.0.csv"),
        "table_checksum": f"sha256:{hashlib.sha256(TABLE.encode()).hexdigest()}",
        "archive": server.url("maestro.zip"),
        "archive_bytes": len(archive),
        "archive_checksum": f"sha256:{hashlib.sha256(archive).hexdigest()}",
        "folder": str(tmp_path / "kept"),
        "connections": 2,
        "attempts": 4,
        "backoff": 0.01,
        "timeout": 0.5,
    }
    default = configuration.section(configuration.read(DEFAULTS), DownloadConfig)
    return DownloadConfig.model_validate({**default.model_dump(), **changes})


@pytest.fixture
def client(download: DownloadConfig) -> Client:
    return Client(download, seed=1)


@pytest.fixture
def dataset() -> DatasetConfig:
    raw = configuration.read([*DEFAULTS, '{"dataset": {"source": "maestro", "shards": 1}}'])
    return configuration.section(raw, DatasetConfig)


@pytest.fixture
def store(dataset: DatasetConfig, download: DownloadConfig, client: Client) -> Store:
    return stores.opened(stores.survey(dataset, download, client), download, seed=1)


@pytest.fixture
def fetched(server: Server) -> Callable[[], int]:
    """Bytes sent since the last call."""
    before = 0

    def since() -> int:
        nonlocal before
        sent, before = server.sent - before, server.sent
        return sent

    return since


def assert_whole(store: Store, members: dict[str, bytes], names: list[str] = NAMES) -> None:
    for name in names:
        assert (store.root / name).read_bytes() == members[name]
    assert litter(store) == []


def litter(store: Store) -> list[Path]:
    return [*store.root.rglob(".download-*"), *store.root.rglob(".partial-*")]
