"""A data set in MAESTRO's layout: a table, and files named relative to it, in a folder or a zip."""

import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from spiking_music.errors import DataError

LARGEST_MEMBER = 64 * 2**20  # bytes; MAESTRO's longest MIDI file has 0.3 MB


class Layout:
    """Finds the table and reads files by the names in it; a zip is never unpacked as a whole."""

    def __init__(self, path: Path) -> None:
        """Open `path`; `DataError` where it does not exist, is neither, or holds no table."""
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            names = [child.name for child in path.iterdir() if child.is_file()]
        elif path.is_file():
            try:
                self._zip = zipfile.ZipFile(path)
            except zipfile.BadZipFile as error:
                raise DataError(
                    f"'{path}' is neither a folder nor a readable zip ({error}): "
                    "correct dataset.path, or copy the archive again"
                ) from None
            names = [name for name in self._zip.namelist() if not name.endswith("/")]
        else:
            raise DataError(f"dataset.path '{path}' does not exist: correct it")
        for name in names:
            check_name(name, str(path))
        self.table = find_table(names, str(path))
        self._folder = PurePosixPath(self.table).parent

    def read(self, name: str) -> bytes:
        """The bytes of the file that the table calls `name`; `DataError` if missing or empty."""
        check_name(name, self.table)
        if self._zip is None:
            file = self.path / name
            check_file(file, "file")
            return file.read_bytes()
        return self._read_member(self._zip, str(self._folder / name))

    def read_table(self) -> bytes:
        """The bytes of the table."""
        return self.read(PurePosixPath(self.table).name)

    def _read_member(self, archive: zipfile.ZipFile, member: str) -> bytes:
        try:
            info = archive.getinfo(member)
        except KeyError:
            raise DataError(
                f"'{self.path}' has no member '{member}': "
                "copy the archive again, or remove the row from its table"
            ) from None
        if not 0 < info.file_size <= LARGEST_MEMBER:
            raise DataError(
                f"member '{member}' of '{self.path}' has {info.file_size} bytes, as no MIDI file "
                "has: copy the archive again"
            )
        try:
            return archive.read(info)
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise DataError(
                f"member '{member}' of '{self.path}' is damaged ({error}): copy the archive again"
            ) from None


def find_table(names: list[str], where: str) -> str:
    """`metadata.csv`, else `maestro-v*.csv`, else the sole csv of `names`, uppermost in the tree.

    `DataError` about `where` if there is none, or several.
    """
    tables = [PurePosixPath(n) for n in names if n.endswith(".csv") and "__MACOSX" not in n]
    depth = min((len(table.parts) for table in tables), default=0)
    tables = [table for table in tables if len(table.parts) == depth]
    for pattern in ("metadata.csv", "maestro-v*.csv", "*.csv"):
        found = [table for table in tables if table.match(pattern)]
        if len(found) == 1:
            return str(found[0])
        if found:
            listed = ", ".join(sorted(table.name for table in found))
            raise DataError(
                f"'{where}' holds several tables ({listed}): name the one to use 'metadata.csv'"
            )
    raise DataError(f"'{where}' holds no table: put 'metadata.csv' with MAESTRO's columns there")


def find_root(names: list[str], where: str) -> PurePosixPath:
    """The folder that a table's file names start from: the table's; without one, all files' own."""
    tops = {PurePosixPath(name).parts[0] for name in names}
    if len(tops) == 1 and not any(name.endswith(".csv") for name in names):
        return PurePosixPath(tops.pop())
    return PurePosixPath(find_table(names, where)).parent


def check_name(name: str, where: str) -> None:
    """Refuse names that lead out of the data set (absolute, `..`, drive letters, backslashes)."""
    path = PurePosixPath(name)
    odd = not path.parts or path.is_absolute() or ".." in path.parts
    if odd or "\\" in name or re.match("[A-Za-z]:", name):
        raise DataError(
            f"'{where}' names the file '{name}', which may lead outside of the data set: "
            "use names relative to the table, with '/' and without '..'"
        )


def check_file(path: Path, kind: str) -> None:
    """`DataError` where `path`, say a recording if `kind` says so, is missing or has no bytes."""
    if not path.is_file():
        raise DataError(f"{kind} '{path}' is missing: restore it or take its row out of the table")
    if path.stat().st_size == 0:
        raise DataError(f"{kind} '{path}' is empty (0 bytes): copy it again from the source")
