"""The zip of recordings: where it is, and its directory, read once and shared by all jobs.

`zipfile` parses the directory (ZIP64 or not) and later the members; it is given a `Window` that
shows the end of the zip, which is fetched, and whatever member is at hand.
"""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from spiking_music import files
from spiking_music.data.layout import check_name, find_root
from spiking_music.data.maestro.http import Client, Remote
from spiking_music.data.maestro.window import Read, Window
from spiking_music.errors import DataError, DownloadError

TAIL = 2**16 + 256  # bytes at the end in which the directory's own place must stand
LARGEST_DIRECTORY = 64 * 2**20  # bytes; MAESTRO's has about 0.4 MB
LOCAL_HEADER = 30  # bytes, and the name, and up to 65 535 of extra fields
MOST_AROUND = 2**16 + 24  # bytes of extra fields before the data, and descriptor after it


@dataclass(frozen=True)
class Archive:
    """A zip of `size` bytes at `source`, a URL or a path; `tail` is all from byte `start` on.

    `version` is the server's ETag or the file's time of change: another one is another archive.
    """

    source: str
    size: int
    version: str | None
    start: int
    tail: bytes

    @property
    def path(self) -> Path | None:
        """The zip, where it is a file of ours."""
        return None if self.source.startswith(("http:", "https:")) else Path(self.source)

    @property
    def remote(self) -> Remote:
        """The zip, where it is on a server; one without ranges would not have got here."""
        return Remote(self.source, self.size, self.version, ranges=True)

    @cached_property
    def _infos(self) -> dict[str, zipfile.ZipInfo]:
        infos = {info.filename: info for info in self.opened(self._directory).infolist()}
        for name in infos:
            check_name(name, self.source)
        return infos

    @cached_property
    def _folder(self) -> PurePosixPath:
        return find_root(list(self._infos), self.source)

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Where each member's bytes end at the latest: where the next begins."""
        begins = sorted(info.header_offset for info in self._infos.values())
        return dict(zip(begins, [*begins[1:], self.start], strict=True))

    def member(self, name: str) -> zipfile.ZipInfo:
        """The member that the table calls `name`; `DataError` where there is none, or no bytes."""
        info = self._infos.get(str(self._folder / name))
        if info is None or info.file_size == 0:
            raise DataError(
                f"'{self.source}' has no member '{name}' of any size: take its row out of the table"
            )
        return info

    def span(self, info: zipfile.ZipInfo) -> tuple[int, int]:
        """The bytes of the archive that hold a member: header, data, descriptor; never the next."""
        begin = info.header_offset
        least = LOCAL_HEADER + len(info.orig_filename) + info.compress_size
        stop = min(self._ends[begin], begin + least + 4 * len(info.orig_filename) + MOST_AROUND)
        if stop < begin + least:
            raise DataError(
                f"members of '{self.source}' overlap at '{info.filename}': use another archive"
            )
        return begin, stop

    def opened(self, read: Read) -> zipfile.ZipFile:
        """The zip as far as `read` and the tail show it."""
        try:
            return zipfile.ZipFile(Window(self.size, read))
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
            raise DataError(f"'{self.source}' is no readable zip ({error}): replace it") from None

    def _directory(self, start: int, stop: int) -> bytes:
        if start < self.start:
            return b""
        return self.tail[start - self.start : stop - self.start]

    def showing(self, begin: int, piece: Callable[[int, int], bytes]) -> Read:
        """The tail, and from byte `begin` on what `piece(position, length)` reads of a member."""

        def read(start: int, stop: int) -> bytes:
            if start >= self.start:
                return self._directory(start, stop)
            return piece(start - begin, min(stop, self.start) - start) if start >= begin else b""

        return read

    def write(self, out: Path) -> None:
        """Write `out`, json: what `load` reads."""
        facts = {
            "source": self.source,
            "size": self.size,
            "version": self.version,
            "start": self.start,
            "members": len(self._infos),
            "tail": base64.b64encode(self.tail).decode(),
            "tail_sha256": hashlib.sha256(self.tail).hexdigest(),
        }
        files.write_json(facts, out)


def load(path: Path) -> Archive:
    """The archive that `Archive.write` wrote about; `DataError` where that is damaged."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        tail = base64.b64decode(facts["tail"], validate=True)
        if hashlib.sha256(tail).hexdigest() != facts["tail_sha256"]:
            raise ValueError("its checksum is wrong")
        archive = Archive(facts["source"], facts["size"], facts["version"], facts["start"], tail)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"'{path}' cannot be used ({error}): remove it and make it with "
            "'spiking-music data archive'"
        ) from None
    return archive


def local(path: Path) -> Archive:
    """The zip at `path`; `DataError` where it is none."""
    if not path.is_file():
        raise DataError(
            f"'{path}' is no file: name the zip, or set dataset.source to 'folder' for a folder"
        )
    with path.open("rb") as file:

        def read(start: int, stop: int) -> bytes:
            file.seek(start)
            return file.read(stop - start)

        return _surveyed(str(path), path.stat().st_size, str(path.stat().st_mtime_ns), read)


def remote(client: Client, url: str, size: int | None) -> Archive:
    """The zip at `url`, of `size` bytes if known, in three requests or four.

    `DownloadError` where the server has another size, or no ranges.
    """
    found = client.probe(url)
    if not found.ranges:
        raise DownloadError(
            f"'{url}' cannot be read in parts, as its server ignores ranges: set download.whole to "
            "true for the whole zip, dataset.path to a zip at hand, or dataset.source to 'folder' "
            "for an unpacked one"
        )
    require_size(found, size)

    def read(start: int, stop: int) -> bytes:
        piece = io.BytesIO()
        client.complete(found, start, stop, piece)
        return piece.getvalue()

    return _surveyed(url, found.size, found.etag, read)


def require_size(found: Remote, size: int | None) -> None:
    """`DownloadError` where the archive is not as large as the configuration says."""
    if size not in (None, found.size):
        raise DownloadError(
            f"'{found.url}' has {found.size} bytes and download.archive_bytes is {size}: correct "
            "either"
        )


def _surveyed(source: str, size: int, version: str | None, fetch: Read) -> Archive:
    """Let `zipfile` read the directory through a buffer that grows down from the end."""
    begin = max(0, size - TAIL)
    tail = fetch(begin, size)

    def read(start: int, stop: int) -> bytes:
        nonlocal begin, tail
        if size - start > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size - start} bytes")
        if start < begin:
            begin, tail = start, fetch(start, begin) + tail
        return tail[start - begin : stop - begin]

    start = Archive(source, size, version, 0, b"").opened(read).start_dir
    return Archive(source, size, version, start, tail[start - begin :])
