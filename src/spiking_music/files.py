"""Files that appear whole or not at all, and the one sentence that is told where they cannot."""

import hashlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from spiking_music import marks, overwriting
from spiking_music.errors import OutputError, SpikingMusicError
from spiking_music.reasons import sentence

if TYPE_CHECKING:
    import pandas as pd  # takes a second to import, and most verbs get by without

PARTIAL = ".partial-"
REPLACED = ".replaced-"  # a folder of ours that makes room for its successor
DIGITS = 16  # of the hash that stands for a name
LONGEST_SUFFIX = 16  # bytes; what is longer names no format
WRITTEN: list[Path] = []  # by this process, for the record of what made it
READ: list[Path] = []  # for that record, too: what no command line names, but the configuration


@contextmanager
def atomic(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path for a file; rename it to `path` on success, else delete it.

    The suffix is kept, because libraries choose a format by it. A rename within one folder is
    atomic on POSIX, so a reader sees the old, the new or no file. A link to a file stays one. Into
    a pipe or a device the file is copied once it is whole. What a killed process left of its own
    attempt at `path` is deleted first. Raises `OutputError` where `overwriting` forbids it, and as
    `writing` does.
    """
    path = Path(path)
    if overwriting.is_stream(path):
        with TemporaryDirectory(prefix="spiking-music-") as place:
            whole = Path(place, f"whole{path.suffix}")
            yield whole
            with sink(path) as target, whole.open("rb") as source:
                shutil.copyfileobj(source, target)
        return
    with overwriting.in_words(path):
        overwriting.require_place(path)
        real = Path(os.path.realpath(path))
    temporary = _beside(real, PARTIAL)
    with writing(path):
        real.parent.mkdir(parents=True, exist_ok=True)
        for orphan in _orphans(real, PARTIAL):
            _delete(orphan)
        try:
            yield temporary
            temporary.replace(real)
        finally:
            _delete(temporary)


@contextmanager
def folder(path: Path | str, verb: str, inputs: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield a temporary folder; on success it takes the place of `path`, marked as of `verb`.

    What lies at `path` stays until then, and is replaced only if `verb` left all of it there, and
    nothing of it is read (`inputs`). Raises `OutputError` where it is not, and as `writing` does.
    """
    path = Path(path)
    inputs = list(inputs)
    with overwriting.in_words(path):
        real = Path(os.path.realpath(path))
        for old in _orphans(real, REPLACED):
            _delete(old) if os.path.lexists(real) else old.rename(real)
        overwriting.require_folder(path, verb, inputs)
    temporary = _beside(real, PARTIAL)
    with writing(path):
        real.parent.mkdir(parents=True, exist_ok=True)
        for orphan in _orphans(real, PARTIAL):
            _delete(orphan)
        try:
            temporary.mkdir()
            yield temporary
            marks.leave(temporary, verb)
            overwriting.require_folder(path, verb, inputs)  # which took a while
            _swap(temporary, real)
        finally:
            _delete(temporary)


@contextmanager
def sink(path: Path) -> Iterator[BinaryIO]:
    """A binary file for those who write from front to back: `path` as of `atomic`, or its stream.

    A pipe or a device is written to at once, piece by piece.
    """
    number = overwriting.descriptor(path)
    if number is not None:
        with writing(path), os.fdopen(os.dup(number), "wb") as file:
            yield file
    elif overwriting.is_stream(path):
        with writing(path), path.open("wb") as file:
            yield file
    else:
        with atomic(path) as temporary, temporary.open("wb") as file:
            yield file


def put_aside(path: Path) -> Path:
    """Give what lies at `path`, and may be somebody's, another name there, which is returned."""
    names = (f"{path.name}.differs{number}" for number in ("", *range(2, 1000)))
    free = next(new for name in names if not os.path.lexists(new := path.with_name(name)))
    with writing(path):
        path.rename(free)
    return free


def litter(place: Path) -> list[Path]:
    """What killed processes left in `place` of files they had begun."""
    mine = re.compile(rf"{re.escape(PARTIAL)}(\d+)-[0-9a-f]{{{DIGITS}}}(\.[^.]*)?")
    found = ((path, mine.fullmatch(path.name)) for path in place.iterdir())
    return [path for path, named in found if named and _ended(int(named[1]))]


def _beside(path: Path, kind: str) -> Path:
    """A name beside `path` that is ours alone, and short however long that of `path` is."""
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= LONGEST_SUFFIX else ""
    return path.with_name(f"{kind}{os.getpid()}-{_digest(path.name)}{suffix}")


def _orphans(path: Path, kind: str) -> list[Path]:
    """Temporary files and folders for `path` whose process is no more."""
    if not path.parent.is_dir():
        return []
    mine = re.compile(rf"{re.escape(kind)}(\d+)-{_digest(path.name)}(\.[^.]*)?")
    found = ((other, mine.fullmatch(other.name)) for other in path.parent.iterdir())
    return [other for other, named in found if named and _ended(int(named[1]))]


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:DIGITS]


def _ended(process: int) -> bool:
    """Whether the process is no more, or was an earlier one of our own number."""
    return process == os.getpid() or not Path(f"/proc/{process}").exists()


def _swap(temporary: Path, path: Path) -> None:
    """Put the folder `temporary` in the place of `path`, whose old one is kept until then."""
    if not path.exists():
        temporary.rename(path)
        return
    old = _beside(path, REPLACED)
    path.rename(old)
    try:
        temporary.rename(path)
    except BaseException:
        old.rename(path)
        raise
    _delete(old)


def _delete(path: Path) -> None:
    """Delete what we made under a name of `_beside`."""
    if path.is_dir() and not path.is_symlink():
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
        own = (path, *path.parents, *Path(os.path.realpath(path)).parents)
        if named and PARTIAL not in str(named) and Path(os.fsdecode(named)) not in own:
            raise
        raise OutputError(sentence("write", path, error)) from error


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
