"""What source `maestro` fetches, and the memory that takes: python benchmarks/download.py

A server of our own, in another process, holds a ZIP64 with as many members as MAESTRO's, 5 GiB into
a sparse file; a few of them are large. The last column says whether the project's bound is met.
"""

import multiprocessing
import re
import shutil
import tempfile
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from spiking_music import config as configuration
from spiking_music.config import DownloadConfig
from spiking_music.data.maestro import archive as archives
from spiking_music.data.maestro import store
from spiking_music.data.maestro.http import Client

ROOT = Path(__file__).parents[1]
MEMBERS = 2 * 1276  # as MAESTRO
HOLE = 5 * 2**30  # bytes before the archive, of none on the disk
LARGE = {"stored.wav": zipfile.ZIP_STORED, "deflated.wav": zipfile.ZIP_DEFLATED}
SIZE = 512 * 2**20  # bytes of each large member; MAESTRO's recordings have 85 MB on average
SMALL = [f"2018/{'x' * 60}{number:04d}.midi" for number in range(MEMBERS)]


class Handler(BaseHTTPRequestHandler):
    """Ranges of the file `zip`; `sent` is what was asked for in all."""

    protocol_version = "HTTP/1.1"
    zip: Path
    sent = 0

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"])
        assert asked is not None
        first, last = int(asked[1]), int(asked[2])
        Handler.sent += last + 1 - first
        self.send_response(206)
        self.send_header("Content-Length", str(last + 1 - first))
        size = self.zip.stat().st_size
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        with self.zip.open("rb") as file:
            file.seek(first)
            for start in range(first, last + 1, 2**20):
                self.wfile.write(file.read(min(2**20, last + 1 - start)))


def serve(path: Path, pipe: Connection) -> None:
    """Tell the port, then the bytes sent whenever asked."""
    Handler.zip = path
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    while pipe.recv():
        pipe.send(Handler.sent)


def make(path: Path) -> None:
    """Members that deflate by half, small ones and then the large ones."""
    block = bytes(2**19) + b"".join(bytes([i * i % 251]) for i in range(2**19))
    with path.open("wb") as file:
        file.seek(HOLE)
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("metadata.csv", "none is read here")
            for name in SMALL:
                archive.writestr(name, name)
            for name, method in LARGE.items():
                info = zipfile.ZipInfo(name)
                info.compress_type = method
                with archive.open(info, "w") as member:
                    for _ in range(SIZE // len(block)):
                        member.write(block)


def peak() -> float:
    """MiB of this process at most, since the last call."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "maestro.zip")
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(
            target=serve, args=(Path(folder) / "maestro.zip", there), daemon=True
        )
        process.start()
        measure(Path(folder), f"http://127.0.0.1:{here.recv()}/maestro.zip", here)
        here.send(None)
        process.join()


def measure(folder: Path, url: str, server: Connection) -> None:
    table = Table("what", "bytes planned", "bytes fetched", "MB/s", "peak MiB", "bound", "met")
    default = configuration.section(configuration.read([str(ROOT / "config.yaml")]), DownloadConfig)
    config = default.model_copy(update={"folder": str(folder / "kept")})
    peak()
    began = time.perf_counter()
    archive = archives.remote(Client(config, seed=1), url, None)
    base = peak()
    sent = asked(server)
    kept = len(archive.tail)
    row(table, "directory", kept, sent, sent - kept < 2**16 + 257, began, base, "64 KiB more")
    for name, members in {"stored": ["stored.wav"], "deflated": ["deflated.wav"]}.items():
        each(table, store.opened(archive, config, 1), name, members, server, base)
    each(table, store.opened(archive, config, 1), "200 small", SMALL[:200], server, base)
    Console(width=120).print(table)


def each(
    table: Table,
    kept: store.Store,
    name: str,
    members: list[str],
    server: Connection,
    base: float,
) -> None:
    planned, before = sum(kept.missing(members).values()), asked(server)
    peak()
    began = time.perf_counter()
    kept.fetch(members, skip=False)
    sent, most = asked(server) - before, peak()
    met = sent == planned and most - base < 32
    row(table, name, planned, sent, met, began, most, "as planned, 32 MiB")
    shutil.rmtree(kept.root)


def asked(server: Connection) -> int:
    server.send(True)
    return int(server.recv())


def row(
    table: Table,
    what: str,
    planned: int,
    sent: int,
    met: bool,
    began: float,
    most: float,
    bound: str,
) -> None:
    speed = sent / (time.perf_counter() - began) / 1e6
    cells = str(planned), str(sent), f"{speed:.1f}", f"{most:.0f}", bound
    table.add_row(what, *cells, "yes" if met else "NO")


if __name__ == "__main__":
    main()
