"""The recordings of an experiment, out of the archive into one folder: several at a time."""

import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from spiking_music.config import DatasetConfig, DownloadConfig
from spiking_music.data.maestro import archive as archives
from spiking_music.data.maestro import members, whole
from spiking_music.data.maestro.archive import Archive
from spiking_music.data.maestro.http import Client
from spiking_music.data.maestro.progress import Progress
from spiking_music.errors import DataError


@dataclass(frozen=True)
class Store:
    """`archive` → `root`, by up to `connections` threads."""

    archive: Archive
    client: Client
    root: Path
    connections: int

    def missing(self, names: Iterable[str]) -> dict[str, int]:
        """Bytes still to come, from server or zip, of each name that is not in `root` in its size.

        Names that the archive does not have are left out: `fetch` says so of each.
        """
        sizes = {}
        for name in names:
            info = self._info(name)
            if info is None:
                continue
            target = self.root / name
            if not (target.is_file() and target.stat().st_size == info.file_size):
                begin, stop = self.archive.span(info)
                sizes[name] = stop - begin - members.arrived(target, info)
        return sizes

    def fetch(self, names: Iterable[str], skip: bool) -> dict[str, DataError]:
        """Make the members `names` files in `root`; those there already are verified by CRC-32.

        The members that cannot be had are raised as `DataError`, or with `skip` returned by name. A
        server that fails is `DownloadError` in any case: it says nothing about the recordings.
        """
        names = list(names)
        sizes = self.missing(names)
        whole.require_room(self.root, self._room(sizes))
        failed: dict[str, DataError] = {}
        with Progress(sum(sizes.values())) as progress:

            def one(name: str) -> None:
                try:
                    self._make(name, progress)
                except DataError as error:
                    if not skip:
                        raise
                    failed[name] = error

            self._each(one, names)
        return failed

    def size(self, names: Iterable[str]) -> int:
        """Bytes that the members called `names` take in the archive."""
        infos = filter(None, map(self._info, names))
        return sum(stop - begin for begin, stop in map(self.archive.span, infos))

    def facts(self, name: str) -> tuple[str, str]:
        """Size in bytes and CRC-32 (hexadecimal) of a member, empty where there is none."""
        info = self._info(name)
        return ("", "") if info is None else (str(info.file_size), f"{info.CRC:08x}")

    def _make(self, name: str, progress: Progress) -> None:
        if self.archive.path is None:
            members.fetch(self.client, self.archive, name, self.root, progress.add)
        else:
            members.unpack(self.archive, name, self.root, progress.add)

    def _each(self, one: Callable[[str], None], names: list[str]) -> None:
        """`one` for every name; the first failure, or Ctrl-C, ends the rest at their next block."""
        with self.client.stoppable() as stop, ThreadPoolExecutor(self.connections) as pool:
            try:
                for future in [pool.submit(one, name) for name in names]:
                    future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                stop()
                raise

    def _room(self, sizes: dict[str, int]) -> int:
        """Bytes that the disk needs: what is missing, and the files that are unpacked meanwhile."""
        unpacked = [self.archive.member(name).file_size for name in sizes]
        return sum(unpacked) + sum(sorted(unpacked)[-self.connections :])

    def _info(self, name: str) -> zipfile.ZipInfo | None:
        try:
            return self.archive.member(name)
        except DataError:
            return None


def survey(dataset: DatasetConfig, download: DownloadConfig, client: Client) -> Archive:
    """The archive that is configured: a zip at hand, the whole zip fetched, or a server's."""
    if dataset.path is not None:
        return archives.local(Path(dataset.path))
    if download.whole:
        return archives.local(whole.archive(client, download))
    return archives.remote(client, download.archive, download.archive_bytes)


def opened(archive: Archive, download: DownloadConfig, seed: int) -> Store:
    """The store of `archive`; `DataError` where it is a zip that has changed since."""
    if archive.path is not None and archives.local(archive.path).version != archive.version:
        raise DataError(f"'{archive.path}' has changed: run the rule `archive` again")
    return Store(archive, Client(download, seed), Path(download.folder), download.connections)
