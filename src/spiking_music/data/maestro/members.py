"""One member of the archive → one file: fetched as it lies there, checked, unpacked, renamed.

What has arrived of a member, headers and compressed data, lies beside the file to be in
`.download-<crc>-<name>`; a later call goes on where it ends. Never more than a block is in memory.
"""

import os
import shutil
import sys
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from spiking_music import files, locks
from spiking_music.data.maestro.archive import Archive
from spiking_music.data.maestro.http import Client, Count
from spiking_music.errors import DataError

BLOCK = 2**20  # bytes
TRIES = 2  # a member that arrives damaged is fetched once more
DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def fetch(client: Client, archive: Archive, name: str, root: Path, count: Count) -> None:
    """Make `root`/`name` the member that the table calls `name`, unless it is that already.

    Raises `DataError` where the archive has no such member or a damaged one, `DownloadError` where
    the server fails, `OutputError` where the disk does.
    """
    info, target = archive.member(name), root / name
    partial = _partial(target, info)
    if _present(target, info):
        partial.unlink(missing_ok=True)
        return
    with files.writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("a+b") as file:
            locks.exclusive(file)  # another run may be at the same member
            if not (target.exists() and intact(target, info)):
                _fetch(client, archive, info, file, target, count)
            partial.unlink(missing_ok=True)


def arrived(target: Path, info: zipfile.ZipInfo) -> int:
    """Bytes of the member that an earlier call has fetched, of a `target` not yet made."""
    partial = _partial(target, info)
    return partial.stat().st_size if partial.is_file() else 0


def intact(path: Path, info: zipfile.ZipInfo) -> bool:
    """Whether the file at `path` has the member's size and CRC-32."""
    if path.stat().st_size != info.file_size:
        return False
    crc = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            crc = zlib.crc32(block, crc)
    return crc == info.CRC


def unpack(archive: Archive, name: str, root: Path, count: Count) -> None:
    """As `fetch`, from the archive on disk."""
    assert archive.path is not None
    info, target = archive.member(name), root / name
    if _present(target, info):
        return
    begin, stop = archive.span(info)
    with files.writing(target), archive.path.open("rb") as file:
        try:
            _extract(archive, info, file, 0, target)
        except DAMAGES as error:
            raise _damaged(archive, info, error) from None
    count(stop - begin)


def _fetch(
    client: Client,
    archive: Archive,
    info: zipfile.ZipInfo,
    file: BinaryIO,
    target: Path,
    count: Count,
) -> None:
    begin, stop = archive.span(info)
    for left in reversed(range(TRIES)):
        if file.seek(0, 2) > stop - begin:
            file.truncate(0)
        client.complete(archive.remote, begin, stop, file, count)
        file.flush()
        try:
            _extract(archive, info, file, begin, target)
            return
        except DAMAGES as error:
            file.truncate(0)
            if not left:
                raise _damaged(archive, info, error) from None
            print(f"'{info.filename}' arrived damaged ({error}): once more", file=sys.stderr)


def _extract(
    archive: Archive, info: zipfile.ZipInfo, file: BinaryIO, begin: int, target: Path
) -> None:
    """Write `target` from the member, of which `file` has the bytes from `begin` on.

    `zipfile` compares names, inflates and checks the CRC-32; one of `DAMAGES` where it objects.
    """

    def piece(position: int, length: int) -> bytes:
        return os.pread(file.fileno(), length, position)

    with (
        archive.opened(archive.showing(begin, piece)) as whole,
        whole.open(info) as source,
        files.atomic(target) as temporary,
    ):
        with temporary.open("wb") as out:
            shutil.copyfileobj(source, out, BLOCK)
        if temporary.stat().st_size != info.file_size:
            raise zipfile.BadZipFile(f"{temporary.stat().st_size} of {info.file_size} bytes")


def _present(target: Path, info: zipfile.ZipInfo) -> bool:
    if not target.exists():
        return False
    whole = intact(target, info)
    if not whole:
        aside = files.put_aside(target)  # it may be somebody's, who changed it
        print(
            f"'{target}' is damaged: making it again, and keeping it as '{aside.name}'",
            file=sys.stderr,
        )
    return whole


def _partial(target: Path, info: zipfile.ZipInfo) -> Path:
    return target.with_name(f".download-{info.CRC:08x}-{target.name}")


def _damaged(archive: Archive, info: zipfile.ZipInfo, error: Exception) -> DataError:
    return DataError(
        f"member '{info.filename}' of '{archive.source}' is damaged ({error}): use another copy"
    )
