"""The files that are fetched whole: the table, and the archive for those who want all of it."""

import hashlib
import io
import sys
from pathlib import Path
from urllib.parse import urlsplit

from spiking_music import files, locks
from spiking_music.config import DownloadConfig
from spiking_music.data.maestro.archive import require_size
from spiking_music.data.maestro.http import Client
from spiking_music.data.maestro.progress import Progress
from spiking_music.errors import DataError, OutputError

LARGEST_TABLE = 64 * 2**20  # bytes; MAESTRO's has 0.3 MB

Readable = io.BufferedRandom | io.BytesIO


def table(client: Client, config: DownloadConfig) -> bytes:
    """The table of performances: the copy in `config.folder` if it is whole, else fetched.

    A fetched one is kept there, so that the folder can serve as `source: folder` later. Raises
    `DataError` where what came does not have `config.table_checksum`.
    """
    kept = Path(config.folder) / _name(config.table)
    if kept.is_file() and kept.stat().st_size <= LARGEST_TABLE:
        data = kept.read_bytes()
        if config.table_checksum and _digest(io.BytesIO(data), config.table_checksum) is None:
            return data
    remote = client.probe(config.table)
    if remote.size > LARGEST_TABLE:
        raise DataError(f"'{config.table}' has {remote.size} bytes, as no table has: correct it")
    buffer = io.BytesIO()
    client.complete(remote, 0, remote.size, buffer)
    _require_digest(buffer, config.table_checksum, config.table, "table")
    if kept.exists():
        files.put_aside(kept)  # another version, or somebody's
    with files.atomic(kept) as temporary:
        temporary.write_bytes(buffer.getvalue())
    files.wrote(kept)
    return buffer.getvalue()


def metadata(client: Client, config: DownloadConfig) -> Path:
    """The zip with the table, of data sets that have one, as `archive` has its own."""
    return _kept(client, config, config.table, None, "table", config.table_checksum)


def archive(client: Client, config: DownloadConfig) -> Path:
    """The whole zip in `config.folder`, fetched unless it is there; it is there only if verified.

    A cut download goes on where it ended, also in another process, if the server has ranges. Raises
    `DataError` where the checksum is wrong, and then forgets what came; `DownloadError` where the
    server fails; `OutputError` where the disk is too small.
    """
    size, checksum = config.archive_bytes, config.archive_checksum
    return _kept(client, config, config.archive, size, "archive", checksum)


def _kept(
    client: Client,
    config: DownloadConfig,
    url: str,
    size: int | None,
    key: str,
    checksum: str | None,
) -> Path:
    target = Path(config.folder) / _name(url)
    if target.is_file() and size in (None, target.stat().st_size):
        return target
    remote = client.probe(url)
    require_size(remote, size)
    partial = _partial(target)
    with files.writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("a+b") as file:
            locks.exclusive(file)
            if target.is_file() and target.stat().st_size == remote.size:
                partial.unlink(missing_ok=True)
                return target
            if file.seek(0, 2) > remote.size:
                file.truncate(0)
            require_room(target.parent, remote.size - file.tell())
            with Progress(remote.size - file.tell()) as progress:
                client.complete(remote, 0, remote.size, file, progress.add)
            print(f"checking the checksum of {remote.size} bytes", file=sys.stderr)
            try:
                _require_digest(file, checksum, url, key)
            except DataError:
                partial.unlink()
                raise
            if target.exists():
                files.put_aside(target)
            partial.replace(target)
    files.wrote(target)
    return target


def missing(client: Client, config: DownloadConfig) -> int:
    """Bytes of the whole zip that are not in `config.folder`."""
    target = Path(config.folder) / _name(config.archive)
    size = client.probe(config.archive).size
    if target.is_file() and target.stat().st_size == size:
        return 0
    partial = _partial(target)
    return size - (partial.stat().st_size if partial.is_file() else 0)


def require_room(folder: Path, size: int) -> None:
    """`OutputError` where the disk under `folder` has fewer than `size` bytes left."""
    free = files.room(folder)
    if free < size:
        raise OutputError(
            f"'{folder}' has {free} bytes left and {size} are to come: free some space, choose "
            "another download.folder, or a smaller dataset.subset"
        )


def _partial(target: Path) -> Path:
    return target.with_name(f".download-{target.name}")


def _name(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1]


def _digest(file: Readable, known: str) -> str | None:
    """The checksum of `file`, in the words of `known` ("sha1:…"), if it is another one."""
    file.seek(0)
    algorithm = known.partition(":")[0]
    found = f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
    return None if found == known else found


def _require_digest(file: Readable, known: str | None, url: str, key: str) -> None:
    found = None if known is None else _digest(file, known)
    if found is not None:
        raise DataError(
            f"'{url}' has the checksum {found} instead of {known}: fetch it again, or correct "
            f"download.{key}_checksum"
        )
