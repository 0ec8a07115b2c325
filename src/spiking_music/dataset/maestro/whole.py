"""The files that are fetched whole: the table, and the archive for those who want all of it."""

import fcntl
import hashlib
import io
import sys
from pathlib import Path
from urllib.parse import urlsplit

from spiking_music import files
from spiking_music.config import DownloadConfig
from spiking_music.dataset.maestro.archive import require_size
from spiking_music.dataset.maestro.http import Client
from spiking_music.dataset.maestro.progress import Progress
from spiking_music.errors import DataError, OutputError

LARGEST_TABLE = 64 * 2**20  # bytes; MAESTRO's has 0.3 MB


def table(client: Client, config: DownloadConfig) -> bytes:
    """The table of performances: the copy in `config.folder` if its SHA-256 is right, else fetched.

    A fetched one is kept there, so that the folder can serve as `source: folder` later. Raises
    `DataError` where the SHA-256 of what came is not `config.table_sha256`.
    """
    kept = Path(config.folder) / _name(config.table)
    if kept.is_file() and kept.stat().st_size <= LARGEST_TABLE:
        data = kept.read_bytes()
        if hashlib.sha256(data).hexdigest() == config.table_sha256:
            return data
    remote = client.probe(config.table)
    if remote.size > LARGEST_TABLE:
        raise DataError(f"'{config.table}' has {remote.size} bytes, as no table has: correct it")
    buffer = io.BytesIO()
    client.complete(remote, 0, remote.size, buffer)
    data = buffer.getvalue()
    _require_digest(hashlib.sha256(data).hexdigest(), config.table_sha256, config.table, "table")
    with files.atomic(kept) as temporary:
        temporary.write_bytes(data)
    files.wrote(kept)
    return data


def archive(client: Client, config: DownloadConfig) -> Path:
    """The whole zip in `config.folder`, fetched unless it is there; it is there only if verified.

    A cut download goes on where it ended, also in another process, if the server has ranges. Raises
    `DataError` where the SHA-256 is wrong, and then forgets what came; `DownloadError` where the
    server fails; `OutputError` where the disk is too small.
    """
    target = Path(config.folder) / _name(config.archive)
    if target.is_file() and config.archive_bytes in (None, target.stat().st_size):
        return target
    remote = client.probe(config.archive)
    require_size(remote, config.archive_bytes)
    partial = _partial(target)
    with files.writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if target.is_file() and target.stat().st_size == remote.size:
                partial.unlink(missing_ok=True)
                return target
            if file.seek(0, 2) > remote.size:
                file.truncate(0)
            require_room(target.parent, remote.size - file.tell())
            with Progress(remote.size - file.tell()) as progress:
                client.complete(remote, 0, remote.size, file, progress.add)
            print(f"checking the SHA-256 of {remote.size} bytes", file=sys.stderr)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            try:
                _require_digest(digest, config.archive_sha256, config.archive, "archive")
            except DataError:
                partial.unlink()
                raise
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


def _require_digest(found: str, known: str | None, url: str, key: str) -> None:
    if known not in (None, found):
        raise DataError(
            f"'{url}' has SHA-256 {found} instead of {known}: fetch it again, or correct "
            f"download.{key}_sha256"
        )
