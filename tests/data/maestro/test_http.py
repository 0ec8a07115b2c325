"""Ranges over lines that fail: what is resumed, what is repeated, what is given up, and why."""

import email.utils
import io
import threading
import time
from pathlib import Path

import pytest

from spiking_music.config import DownloadConfig
from spiking_music.data.maestro.http import AGENT, BLOCK, Client, _redirected
from spiking_music.data.maestro.slots import Slots
from spiking_music.errors import DownloadError
from tests.data.maestro.server import Server

ZIP = "maestro.zip"


@pytest.fixture
def data(server: Server) -> bytes:
    return (server.folder / ZIP).read_bytes()


def read(client: Client, url: str, start: int, stop: int, have: bytes = b"") -> bytes:
    file = io.BytesIO(have)
    client.complete(client.probe(url), start, stop, file)
    return file.getvalue()


def test_a_range(client: Client, server: Server, data: bytes) -> None:
    remote = client.probe(server.url(ZIP))
    assert (remote.size, remote.etag, remote.ranges) == (len(data), f'"{len(data)}"', True)
    assert read(client, server.url(ZIP), 1000, 250_000) == data[1000:250_000]
    assert server.agents == {AGENT} and AGENT.startswith("spiking-music/")
    assert len(server.connections) == 1  # kept alive


def test_what_is_there_is_not_fetched_again(client: Client, server: Server, data: bytes) -> None:
    assert read(client, server.url(ZIP), 1000, 2000, data[1000:1900]) == data[1000:2000]
    assert server.requests[-1] == (ZIP, "bytes=1900-1999")
    before = len(server.requests)
    assert read(client, server.url(ZIP), 1000, 2000, data[1000:2000]) == data[1000:2000]
    assert len(server.requests) == before + 1  # the probe


@pytest.mark.parametrize("fault", ["cut", "stall", "drip", "shifted", "whole", 500, 503, 429])
def test_failures_that_pass(client: Client, server: Server, data: bytes, fault: int | str) -> None:
    remote, file = client.probe(server.url(ZIP)), io.BytesIO()
    server.faults[ZIP] = [fault, fault]
    client.complete(remote, 0, 300_000, file)
    assert file.getvalue() == data[:300_000]
    assert server.asked(ZIP) == 4


def test_a_cut_body_goes_on_where_it_ended(client: Client, server: Server, data: bytes) -> None:
    remote, file = client.probe(server.url(ZIP)), io.BytesIO()
    server.faults[ZIP] = ["cut"]
    client.complete(remote, 0, 300_000, file)
    assert server.requests[-1] == (ZIP, "bytes=150000-299999")
    assert server.sent == 1 + 300_000


def test_attempts_that_bring_something_are_not_counted(
    client: Client, server: Server, download: DownloadConfig
) -> None:
    cuts = download.attempts + 1
    data = bytes(BLOCK * 2**cuts)  # so that every half has a block at least
    (server.folder / "large").write_bytes(data)
    remote, file = client.probe(server.url("large")), io.BytesIO()
    server.faults["large"] = ["cut"] * cuts
    client.complete(remote, 0, len(data), file)
    assert file.getvalue() == data and server.asked("large") == 1 + cuts + 1


def test_giving_up(client: Client, server: Server, download: DownloadConfig) -> None:
    server.faults[ZIP] = [503] * 99
    with pytest.raises(DownloadError, match=r"zip' failed 4 times in a row, .*HTTP 503"):
        client.probe(server.url(ZIP))
    assert server.asked(ZIP) == download.attempts


@pytest.mark.parametrize("status", [403, 404, 410, 416])
def test_answers_that_will_not_change(client: Client, server: Server, status: int) -> None:
    server.faults[ZIP] = [status]
    with pytest.raises(DownloadError, match=f"HTTP {status}.*correct its URL under `download`"):
        client.probe(server.url(ZIP))
    assert server.asked(ZIP) == 1


def test_a_server_that_is_gone(client: Client) -> None:
    with pytest.raises(DownloadError, match="failed 4 times in a row"):
        client.probe("http://127.0.0.1:9/x.zip")


def test_retry_after(client: Client, server: Server) -> None:
    server.retry_after = "1"
    server.faults[ZIP] = [503]
    began = time.monotonic()
    client.probe(server.url(ZIP))
    assert time.monotonic() - began >= 1
    server.retry_after = email.utils.formatdate(time.time() + 7200, usegmt=True)
    server.faults[ZIP] = [429]
    with pytest.raises(DownloadError, match=r"asks to wait for 7(1|2)\d\d s"):
        client.probe(server.url(ZIP))


def test_redirects(client: Client, server: Server, data: bytes) -> None:
    server.faults["old.zip"] = [f"/{ZIP}", server.url(ZIP)]
    (server.folder / "old.zip").touch()
    assert read(client, server.url("old.zip"), 10, 20) == data[10:20]
    server.faults[ZIP] = [f"/{ZIP}"] * 9
    with pytest.raises(DownloadError, match="redirects more than 5 times"):
        client.probe(server.url(ZIP))
    server.faults[ZIP] = ["ftp://elsewhere/x.zip"]
    with pytest.raises(DownloadError, match="gives up encryption"):
        client.probe(server.url(ZIP))


def test_https_never_becomes_http() -> None:
    assert _redirected("https://a/b.zip", "/c.zip") == "https://a/c.zip"
    assert _redirected("http://a/b.zip", "https://d/c.zip") == "https://d/c.zip"
    with pytest.raises(DownloadError, match=r"redirects to 'http://a/c\.zip', which gives up"):
        _redirected("https://a/b.zip", "http://a/c.zip")


def test_a_file_that_changed(client: Client, server: Server) -> None:
    remote, file = client.probe(server.url(ZIP)), io.BytesIO()
    server.faults[ZIP] = ["moved"]
    with pytest.raises(DownloadError, match=r"has changed .*run the rule `archive` again"):
        client.complete(remote, 0, 100, file)
    assert file.getvalue() == b""


def test_without_ranges_a_file_is_had_whole(client: Client, server: Server, data: bytes) -> None:
    server.ranges = False
    remote, file = client.probe(server.url(ZIP)), io.BytesIO(b"stale")
    assert not remote.ranges
    server.faults[ZIP] = ["cut"]
    client.complete(remote, 0, len(data), file)
    assert file.getvalue() == data


def test_a_bounded_number_of_connections(
    client: Client, server: Server, download: DownloadConfig
) -> None:
    """Two clients are two jobs: they share the slots of the folder."""
    server.pause = 0.02
    remote = client.probe(server.url(ZIP))
    jobs = [client, Client(download, seed=2)]

    def some(job: Client) -> None:
        for _ in range(3):
            job.complete(remote, 0, 1000, io.BytesIO())

    threads = [threading.Thread(target=some, args=(jobs[i % 2],)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.asked(ZIP) == 1 + 6 * 3
    assert server.busiest == download.connections


def test_stop(client: Client, server: Server) -> None:
    remote = client.probe(server.url(ZIP))
    server.faults[ZIP] = ["cut"]
    with client.stoppable() as stop:
        stop()
        with pytest.raises(DownloadError, match="was stopped: run again to go on from here"):
            client.complete(remote, 0, 300_000, io.BytesIO())
    client.complete(remote, 0, 300_000, io.BytesIO())


def test_slots_are_freed(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 1)
    with pytest.raises(RuntimeError), slots.taken():
        raise RuntimeError
    with slots.taken():
        pass
