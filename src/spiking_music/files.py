"""Files that appear whole or not at all, and the one sentence that is told where they cannot."""

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spiking_music.errors import OutputError, SpikingMusicError

if TYPE_CHECKING:
    import pandas as pd  # takes a second to import, and most verbs get by without

PARTIAL = ".partial-"
WRITTEN: list[Path] = []  # by this process, for the record of what made it
READ: list[Path] = []  # for that record, too: what no command line names, but the configuration


@contextmanager
def atomic(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, else delete it.

    The suffix is kept, because libraries choose a format by it. A file or a folder may be made.
    A rename within one folder is atomic on POSIX, so a reader sees the old, the new or no file.
    What a killed process left of its own attempt at `path` is deleted first. Raises `OutputError`
    as `writing` does.
    """
    path = Path(path)
    temporary = path.with_name(f"{PARTIAL}{os.getpid()}-{path.name}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for orphan in _orphans(path):
            _delete(orphan)
        try:
            yield temporary
            if path.is_dir():
                shutil.rmtree(path)
            temporary.replace(path)
        finally:
            _delete(temporary)


def _orphans(path: Path) -> Iterator[Path]:
    """Temporary files and folders for `path` whose process is no more."""
    pattern = re.compile(rf"{re.escape(PARTIAL)}(\d+)-{re.escape(path.name)}")
    for other in path.parent.iterdir():
        named = pattern.fullmatch(other.name)
        if named and (int(named[1]) == os.getpid() or not Path(f"/proc/{named[1]}").exists()):
            yield other


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block, such as a full disk, into an `OutputError` that names `path`.

    An error that names a file other than `path`, its folders and temporary files passes unchanged.
    """
    try:
        yield
    except OSError as error:
        named = error.filename
        if named and PARTIAL not in str(named) and Path(named) not in (path, *path.parents):
            raise
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OutputError(
            f"cannot write '{path}' ({reason}): free some space or choose another folder for "
            "`results`"
        ) from error


class Disk(io.FileIO):
    """A new file for libraries that lose an `OSError` of a write, or crash on it, as HDF5 does.

    They are told that every byte was written; the first error is raised by `check`, and when the
    `with` block ends, instead of what the library made of it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w+")
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the first error that happened, if any."""
        if self._error is not None:
            raise self._error

    def write(self, data: Any, /) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        try:
            while rest and self._error is None:
                rest = rest[super().write(rest) :]
        except OSError as error:
            self._error = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        try:
            return super().truncate(size)
        except OSError as error:
            self._error = self._error or error
            return self.tell() if size is None else size

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close()
        if kind is None or not issubclass(kind, SpikingMusicError):  # which has its own sentence
            self.check()


def room(folder: Path) -> int:
    """Bytes left on the disk under `folder`, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def wrote(*paths: Path | str) -> None:
    """Tell the user on stderr what was written and where."""
    for path in paths:
        WRITTEN.append(Path(path))
        print(f"wrote {path}", file=sys.stderr)


def write_csv(table: "pd.DataFrame", path: Path | str) -> None:
    """Write `table` without its index; floats keep nine digits, so that float32 survives."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g")
    wrote(path)


def write_json(value: Any, path: Path | str) -> None:
    """Write `value` as indented JSON with sorted keys, so that equal values are equal bytes."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
    wrote(path)
