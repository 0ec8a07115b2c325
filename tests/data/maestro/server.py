"""A server of files by ranges that misbehaves to order, and a zip in MAESTRO's layout for it."""

import re
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

FOLDER = "maestro-v3.0.0"


class Server(ThreadingHTTPServer):
    """Serves `folder`. `faults` holds, by file name, what goes wrong with the next requests for it:

    - an int: that status (with `retry_after`, if set); `cut`: the connection, in mid-body;
    - `drip`: a byte at a time; `stall`: silence; `wrong`: flipped bits; `whole`: the range ignored;
    - `moved`: another ETag; `shifted`: bytes from elsewhere; any other: a redirect to there.
    """

    daemon_threads = True
    ranges = True
    retry_after: str | None = None
    pause = 0.0  # seconds that each request takes

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.faults: dict[str, list[int | str]] = {}
        self.requests: list[tuple[str, str | None]] = []  # file name, range
        self.agents: set[str | None] = set()
        self.connections: set[tuple] = set()
        self.sent = 0  # bytes of bodies
        self.busy = self.busiest = 0
        self.lock = threading.Lock()
        self.quiet = threading.Event()  # ends stalls

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what is tested."""

    def asked(self, name: str) -> int:
        """Requests for `name` so far."""
        return sum(asked == name for asked, _ in self.requests)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server, name = self.server, self.path.lstrip("/")
        with server.lock:
            server.requests.append((name, self.headers["Range"]))
            server.agents.add(self.headers["User-Agent"])
            server.connections.add(self.client_address)
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
            queue = server.faults.get(name, [])
            fault = queue.pop(0) if queue else None
        try:
            time.sleep(server.pause)
            self.answer(name, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with server.lock:
                server.busy -= 1

    def answer(self, name: str, fault: int | str | None) -> None:
        path = self.server.folder / name
        if isinstance(fault, int) or not path.is_file():
            return self.empty(fault if isinstance(fault, int) else 404)
        if fault and fault.startswith(("http", "/", "ftp")):
            return self.empty(302, fault)
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"] or "")
        ranged = asked is not None and self.server.ranges and fault != "whole"
        first, last = (int(asked[1]), int(asked[2])) if ranged else (0, size - 1)
        with path.open("rb") as file:
            file.seek(first)
            body = file.read(last + 1 - first)
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"other"' if fault == "moved" else f'"{size}"')
        if ranged:
            shift = 1 if fault == "shifted" else 0
            self.send_header("Content-Range", f"bytes {first + shift}-{last}/{size}")
        self.end_headers()
        self.body(body, fault)
        return None

    def body(self, body: bytes, fault: int | str | None) -> None:
        if fault == "wrong":
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 0x55]) + body[middle + 1 :]
        if fault == "cut":
            body, self.close_connection = body[: len(body) // 2], True
        if fault == "stall":
            self.server.quiet.wait()
            self.close_connection = True
            return
        step = 1 if fault == "drip" else max(1, len(body))
        for start in range(0, len(body), step):
            with self.server.lock:  # first, as the client may look as soon as it has all
                self.server.sent += len(body[start : start + step])
            self.wfile.write(body[start : start + step])
            if fault == "drip":
                self.wfile.flush()
                if self.server.quiet.wait(0.02):
                    self.close_connection = True
                    return

    def empty(self, status: int, location: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if self.server.retry_after is not None:
            self.send_header("Retry-After", self.server.retry_after)
        if location is not None:
            self.send_header("Location", location)
        self.end_headers()


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server of `folder` for the block, in a thread."""
    server = Server(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.quiet.set()
        server.shutdown()
        server.server_close()
        thread.join()


def make_zip(path: Path, members: dict[str, bytes], offset: int = 0) -> None:
    """Write `members` after a hole of `offset` bytes, deflated and stored in turn, all in ZIP64."""
    with mock.patch.object(zipfile, "ZIP64_LIMIT", 1), path.open("wb") as file:
        file.seek(offset)
        with zipfile.ZipFile(file, "w") as archive:
            for number, (name, data) in enumerate(members.items()):
                info = zipfile.ZipInfo(f"{FOLDER}/{name}", (2018, 1, 1, 0, 0, 0))
                info.compress_type = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)[number % 2]
                archive.writestr(info, data)
