"""Byte ranges over HTTP that survive a bad line: resumed, retried with back-off, few at a time.

A reader appends to a file, whose length is all there is to know of what has arrived; a cut
connection, a stalled one, a killed process and a second call are therefore the same case.
"""

import email.utils
import random
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3

from spiking_music.config import DownloadConfig
from spiking_music.data.maestro.slots import Slots
from spiking_music.errors import DownloadError

AGENT = f"spiking-music/{version('spiking-music')}"
BLOCK = 2**16  # bytes read at a time; an attempt that brings fewer counts as one that failed
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}  # worth another attempt
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
LONGEST_PAUSE = 120.0  # seconds, of our own back-off
PATIENCE = 900.0  # seconds that a server may ask us to wait

Count = Callable[[int], None]  # is told the bytes that arrived
Result = TypeVar("Result")


@dataclass(frozen=True)
class Remote:
    """A file on a server: its size in bytes, its version, and whether parts of it can be had."""

    url: str
    size: int
    etag: str | None
    ranges: bool


class Failed(Exception):
    """An attempt that may go better next time; `pause` is what the server asked for, in s."""

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class Client:
    """Reads from servers; one serves many threads."""

    def __init__(self, config: DownloadConfig, seed: int) -> None:
        self._config = config
        self._slots = Slots(Path(config.folder) / ".connections", config.connections)
        self._random = random.Random(seed)  # of the jitter
        self._stopped = threading.Event()
        self._pools: dict[str, urllib3.PoolManager] = {}

    @contextmanager
    def stoppable(self) -> Iterator[Callable[[], None]]:
        """Yield what lets every thread end at its next block; what has arrived stays."""
        try:
            yield self._stopped.set
        finally:
            self._stopped.clear()

    def probe(self, url: str) -> Remote:
        """Size and version of `url`, from a request for its first byte."""

        def attempt() -> Remote:
            with self._reply(url, "bytes=0-0") as reply:
                remote = _remote(url, reply)
                if remote.ranges:
                    reply.read(1)  # so that the connection can be used again
                return remote

        return self._persist(url, attempt, lambda: 0)

    def complete(
        self, remote: Remote, start: int, stop: int, file: BinaryIO, count: Count | None = None
    ) -> None:
        """Append to `file`, which holds a beginning of bytes `start` .. `stop`, what is missing.

        Without range support `start` .. `stop` is to be the whole file, and every attempt begins
        anew. Raises `DownloadError` where the server refuses, keeps failing or has another version.
        """

        def attempt() -> None:
            have = file.seek(0, 2) if remote.ranges else file.truncate(file.seek(0))
            if have == stop - start:
                return
            asked = f"bytes={start + have}-{stop - 1}" if remote.ranges else None
            with self._reply(remote.url, asked) as reply:
                _require_same(remote, _remote(remote.url, reply))
                _require_range(reply, start + have, remote.ranges)
                for block in self._blocks(reply, stop - start - have):
                    file.write(block)
                    have += len(block)
                    if count is not None:
                        count(len(block))
            if have < stop - start:
                raise Failed("the connection was cut")

        self._persist(remote.url, attempt, lambda: file.seek(0, 2) if remote.ranges else 0)

    def _persist(
        self, url: str, attempt: Callable[[], Result], arrived: Callable[[], int]
    ) -> Result:
        """Repeat `attempt` until it succeeds, or too many in a row have brought nothing."""
        failures = 0
        while True:
            before = arrived()
            try:
                with self._slots.taken():
                    return attempt()
            except (Failed, urllib3.exceptions.HTTPError) as error:
                failures = 1 if arrived() - before >= BLOCK else failures + 1
                pause = getattr(error, "pause", 0.0)
                reason = str(error).strip().rstrip(".")
            if pause > PATIENCE:
                raise DownloadError(
                    f"'{url}' asks to wait for {pause:.0f} s ({reason}): run again after that"
                )
            if failures == self._config.attempts:
                raise DownloadError(
                    f"'{url}' failed {failures} times in a row, at last with: {reason}; run again "
                    "to go on from here, or raise download.attempts"
                )
            own = min(LONGEST_PAUSE, self._config.backoff * 2 ** (failures - 1))
            self._stopped.wait(max(pause, own * self._random.uniform(0.5, 1)))
            self._go_on()

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise DownloadError("the download was stopped: run again to go on from here")

    @contextmanager
    def _reply(self, url: str, asked: str | None) -> Iterator[urllib3.BaseHTTPResponse]:
        """The final answer to a request; redirects are followed, but never from https to http."""
        headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
        if asked is not None:
            headers["Range"] = asked
        timeout = urllib3.Timeout(connect=self._config.timeout, read=self._config.timeout)
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._pool(url).request(
                "GET",
                url,
                headers=headers,
                timeout=timeout,
                preload_content=False,
                redirect=False,
                retries=False,
            )
            if reply.status in REDIRECTS and "Location" in reply.headers:
                reply.close()
                url = _redirected(url, reply.headers["Location"])
                continue
            try:
                _require_success(url, reply)
                yield reply
            finally:
                reply.close()  # the connection stays open where all was read
            return
        raise DownloadError(f"'{url}' redirects more than {MOST_REDIRECTS} times: correct its URL")

    def _pool(self, url: str) -> urllib3.PoolManager:
        """Kept connections, by way of the proxy that the environment names, if any."""
        parts = urlsplit(url)
        proxy = urllib.request.getproxies().get(parts.scheme, "")
        if urllib.request.proxy_bypass(parts.hostname or ""):
            proxy = ""
        if proxy not in self._pools:
            size = self._config.connections
            made = urllib3.ProxyManager(proxy, maxsize=size) if proxy else None
            self._pools[proxy] = made or urllib3.PoolManager(maxsize=size)
        return self._pools[proxy]

    def _blocks(self, reply: urllib3.BaseHTTPResponse, most: int) -> Iterator[bytes]:
        """At most `most` bytes; `Failed` where fewer than a block come within the timeout."""
        since, got = time.monotonic(), 0
        while most and (block := reply.read1(min(BLOCK, most))):
            yield block  # before a stop, as what has arrived stays
            self._go_on()
            most -= len(block)
            got += len(block)
            now = time.monotonic()
            if now - since > self._config.timeout:
                if got < BLOCK and most:
                    raise Failed(f"just {got} bytes came in {now - since:.0f} s")
                since, got = now, 0


def _require_success(url: str, reply: urllib3.BaseHTTPResponse) -> None:
    if reply.status in (200, 206):
        return
    said = f"HTTP {reply.status} {reply.reason or ''}".strip()
    if reply.status in TRANSIENT:
        raise Failed(said, _retry_after(reply.headers.get("Retry-After", "")))
    raise DownloadError(f"'{url}' cannot be read ({said}): correct its URL under `download`")


def _retry_after(value: str) -> float:
    """Seconds, or a date (RFC 9110, 10.2.3); nonsense is no wish."""
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    scheme = urlsplit(target).scheme
    if scheme not in ("http", "https") or (url.startswith("https:") and scheme != "https"):
        raise DownloadError(
            f"'{url}' redirects to '{target}', which gives up encryption: correct its URL"
        )
    return target


def _remote(url: str, reply: urllib3.BaseHTTPResponse) -> Remote:
    ranges = reply.status == 206
    told = reply.headers.get("Content-Range" if ranges else "Content-Length", "")
    size = re.fullmatch(r"bytes \d+-\d+/(\d+)" if ranges else r"(\d+)", told.strip())
    if size is None:
        raise DownloadError(f"'{url}' does not tell its size: use another server")
    return Remote(url, int(size[1]), reply.headers.get("ETag"), ranges)


def _require_same(known: Remote, found: Remote) -> None:
    """`DownloadError` where the server's file is not the one we know: parts would not fit."""
    if known.ranges and not found.ranges:
        raise Failed("the server sent the whole file for a part")
    tags = {known.etag, found.etag} - {None}
    if found.size != known.size or len(tags) > 1:
        raise DownloadError(
            f"'{known.url}' has changed ({known.size} bytes, version {known.etag}, are now "
            f"{found.size} bytes, version {found.etag}): run the rule `archive` again"
        )


def _require_range(reply: urllib3.BaseHTTPResponse, start: int, ranges: bool) -> None:
    told = reply.headers.get("Content-Range", "")
    if ranges and not told.startswith(f"bytes {start}-"):
        raise Failed(f"byte {start} was asked for and '{told}' came")
