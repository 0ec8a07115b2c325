"""Members become files: verified, resumed, repaired, several at once; plans and their cost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from spiking_music.config import DownloadConfig
from spiking_music.data.maestro import store as stores
from spiking_music.data.maestro.http import Client
from spiking_music.data.maestro.store import Store
from spiking_music.errors import DataError, DownloadError, OutputError
from tests.conftest import full_disk
from tests.data.maestro.conftest import NAMES, ZIP, assert_whole, litter
from tests.data.maestro.server import Server, make_zip


def test_stored_and_deflated_members(
    store: Store, members: dict[str, bytes], fetched: Callable[[], int]
) -> None:
    fetched()
    planned = sum(store.missing(NAMES).values())
    assert store.fetch(NAMES, skip=False) == {}
    assert_whole(store, members)
    assert fetched() == planned == store.size(NAMES)
    assert store.missing(NAMES) == {}


def test_members_come_side_by_side(store: Store, server: Server) -> None:
    server.pause = 0.1
    server.busiest = 0
    store.fetch(NAMES, skip=False)
    assert server.busiest == store.connections == 2


def test_what_is_there_costs_nothing(store: Store, fetched: Callable[[], int]) -> None:
    store.fetch(NAMES[:2], skip=False)
    fetched()
    store.fetch(NAMES, skip=False)
    assert fetched() == store.size(NAMES[2:])
    store.fetch(NAMES, skip=False)
    assert fetched() == 0


@pytest.mark.parametrize("name", ["2004/a.wav", "2004/a.midi"])  # stored, deflated
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"\1" + data[1:]])
def test_a_damaged_file_is_made_again(
    store: Store,
    members: dict[str, bytes],
    capsys: pytest.CaptureFixture[str],
    name: str,
    damage: Callable[[bytes], bytes],
) -> None:
    store.fetch([name], skip=False)
    (store.root / name).write_bytes(damage(members[name]))
    store.fetch([name], skip=False)
    assert_whole(store, members, [name])
    assert f"{name}' is damaged: making it again" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_a_member_goes_on_where_it_ended(
    store: Store,
    server: Server,
    members: dict[str, bytes],
    fetched: Callable[[], int],
    name: str,
) -> None:
    server.faults[ZIP] = ["cut", *[404] * 9]
    with pytest.raises(DownloadError, match="HTTP 404"):
        store.fetch([name], skip=True)  # a server that fails is no bad recording
    (partial,) = litter(store)
    size = partial.stat().st_size
    assert size == store.size([name]) // 2 and not (store.root / name).exists()
    assert sum(store.missing([name]).values()) == store.size([name]) - size
    server.faults[ZIP] = []
    fetched()
    store.fetch([name], skip=False)
    assert fetched() == store.size([name]) - size
    assert_whole(store, members, [name])


def test_wrong_bytes_are_fetched_again(
    store: Store, server: Server, members: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES:
        server.faults[ZIP] = ["wrong"]
        store.fetch([name], skip=False)
    assert_whole(store, members)
    assert capsys.readouterr().err.count("arrived damaged") == len(NAMES)


def test_a_partial_file_of_nonsense(store: Store, members: dict[str, bytes]) -> None:
    (name,) = [name for name in NAMES if name.endswith("b.wav")]
    info = store.archive.member(name)
    for size in (1000, 10**6):  # shorter and longer than the member
        partial = store.root / f"2006/.download-{info.CRC:08x}-b.wav"
        partial.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(bytes(size))
        store.fetch([name], skip=False)
        assert_whole(store, members, [name])
        (store.root / name).unlink()


def test_wrong_bytes_for_good(store: Store, server: Server, members: dict[str, bytes]) -> None:
    server.faults[ZIP] = ["wrong"] * 2
    with pytest.raises(DataError, match=r"member 'maestro-v3\.0\.0/2004/a\.wav' of .* is damaged"):
        store.fetch(["2004/a.wav"], skip=False)
    server.faults[ZIP] = ["wrong"] * 2
    failed = store.fetch(["2004/a.wav", "9.wav"], skip=True)
    assert sorted(failed) == ["2004/a.wav", "9.wav"]
    assert "has no member '9.wav'" in str(failed["9.wav"])
    store.fetch(["2004/a.wav"], skip=False)
    assert_whole(store, members, ["2004/a.wav"])


def test_an_archive_that_changes_under_our_hands(store: Store, server: Server) -> None:
    server.faults[ZIP] = ["moved"]
    with pytest.raises(DownloadError, match="has changed"):
        store.fetch(NAMES, skip=True)


def test_a_full_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with full_disk(100_000), pytest.raises(OutputError, match=r"cannot write '.*a\.wav'"):
        store.fetch(["2004/a.wav"], skip=False)
    monkeypatch.setattr("spiking_music.files.room", lambda folder: 500_000)
    with pytest.raises(OutputError, match="has 500000 bytes left and 1005000 are to come"):
        store.fetch(["2004/a.wav", "2004/a.midi", "2006/b.wav"], skip=False)


KILLED = """
import sys
from pathlib import Path
from spiking_music.config import DownloadConfig
from spiking_music.data.maestro import store
from spiking_music.data.maestro.archive import load
config = DownloadConfig.model_validate_json(sys.argv[2])
store.opened(load(Path(sys.argv[1])), config, 1).fetch(sys.argv[3:], skip=False)
"""


def fetching(
    store: Store, config: DownloadConfig, names: Iterable[str], folder: Path
) -> subprocess.Popen[bytes]:
    """A process that fetches members."""
    store.archive.write(folder / "archive.json")
    arguments = [str(folder / "archive.json"), config.model_dump_json(), *names]
    return subprocess.Popen([sys.executable, "-c", KILLED, *arguments])


def test_a_killed_process_leaves_what_it_has(
    store: Store,
    server: Server,
    members: dict[str, bytes],
    download: DownloadConfig,
    fetched: Callable[[], int],
    tmp_path: Path,
) -> None:
    server.faults[ZIP] = ["cut", *["stall"] * 99]
    patient = download.model_copy(update={"timeout": 600.0})
    process = fetching(store, patient, ["2004/a.wav"], tmp_path)
    half = store.size(["2004/a.wav"]) // 2
    deadline = time.monotonic() + 60
    while server.asked(ZIP) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (partial,) = litter(store)
    assert partial.stat().st_size == half
    server.faults[ZIP] = []
    fetched()
    store.fetch(NAMES, skip=False)
    assert fetched() == store.size(NAMES) - half
    assert_whole(store, members)


def test_two_jobs_at_the_same_member(
    store: Store,
    server: Server,
    members: dict[str, bytes],
    download: DownloadConfig,
    fetched: Callable[[], int],
    tmp_path: Path,
) -> None:
    server.pause = 0.3
    many = download.model_copy(update={"connections": 8})  # none has to wait
    fetched()
    jobs = [fetching(store, many, NAMES, tmp_path) for _ in range(2)]
    assert [job.wait() for job in jobs] == [0, 0]
    assert fetched() == store.size(NAMES)
    assert_whole(store, members)


PEAK = KILLED + "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"


def test_memory_does_not_grow_with_the_member(
    client: Client, server: Server, download: DownloadConfig, tmp_path: Path
) -> None:
    large = {"metadata.csv": b"x", "stored.wav": bytes(96 * 2**20), "deflated.wav": b""}
    large["deflated.wav"] = large["stored.wav"]
    make_zip(server.folder / "large.zip", large)
    stores.archives.remote(client, server.url("large.zip"), None).write(tmp_path / "large.json")
    peaks = []
    for name in ("metadata.csv", "stored.wav", "deflated.wav"):
        arguments = [str(tmp_path / "large.json"), download.model_dump_json(), name]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *arguments], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)  # MiB
    print(f"peak memory: {peaks} MiB")
    assert max(peaks) - peaks[0] < 24  # of 96 MiB
    assert (Path(download.folder) / "deflated.wav").stat().st_size == 96 * 2**20
