"""What may be written over: the one rule that keeps other people's files.

A file or a folder that is there already is replaced only if it is ours to replace. Never replaced
is what the call itself reads, the working directory and what holds it, a link that leads nowhere,
and a folder that holds anything but what the same verb left in it (`spiking_music.marks`). A device
or a pipe is written to, and stays what it is.

A verb of the command line says by `call` what it reads and whether `--force` was given, and then
asks for each of its targets, before any work. Whoever calls the library replaces files as `open`
does, but is held to all the rest.
"""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from spiking_music import marks
from spiking_music.errors import OutputError
from spiking_music.reasons import sentence
from spiking_music.signatures import begins_as

LINKS = 40  # that lead to one another before Linux gives up


@dataclass(frozen=True)
class Call:
    """A run of a verb. `inputs`: files and folders that it reads. `trees`: folders of people's own,
    in which nothing is replaced. `folders`: paths that were given with a slash at their end."""

    inputs: frozenset[Path] = frozenset()
    trees: frozenset[Path] = frozenset()
    force: bool = True  # of the library
    files: frozenset[tuple[int, int]] = frozenset()  # of the inputs: device and number
    folders: frozenset[Path] = frozenset()


CALL: ContextVar[Call] = ContextVar("call", default=Call())  # noqa: B039 (frozen)


@contextmanager
def call(
    inputs: Iterable[Path],
    force: bool,
    trees: Iterable[Path] = (),
    folders: Iterable[Path] = (),
) -> Iterator[None]:
    """Hold all that is written in the block to the rule for a verb that reads `inputs`."""
    token = CALL.set(Call(trees=frozenset(trees), force=force, folders=frozenset(folders)))
    try:
        reads(inputs)
        yield
    finally:
        CALL.reset(token)


def reads(inputs: Iterable[Path]) -> None:
    """Say within `call` what else is read."""
    now, inputs = CALL.get(), frozenset(inputs)
    files = {_identity(path.stat()) for path in inputs if path.is_file()}
    CALL.set(replace(now, inputs=now.inputs | inputs, files=now.files | files))


def reads_standard_input() -> None:
    """Say within `call` that standard input is read, which may be a file."""
    with suppress(OSError):
        found = os.fstat(0)
        if stat.S_ISREG(found.st_mode):
            now = CALL.get()
            CALL.set(replace(now, files=now.files | {_identity(found)}))


def is_read(found: os.stat_result) -> bool:
    """Whether the call reads the file of which this is told, by whatever name."""
    return _identity(found) in CALL.get().files


def require_file(path: Path, endings: Collection[str] = ()) -> None:
    """`OutputError` unless the file `path` may be written by the call, and can be.

    endings: of the files that the verb writes. `--force` replaces no other; () is any.
    """
    require_file_name(path)
    with in_words(path):
        if is_stream(path):
            _require_no_input(path)
            return
        require_place(path)
        if path.exists() and not _is_ours(path, endings):
            kind = " or ".join(endings)
            raise OutputError(f"'{path}' exists and is no {kind} file: name another file")
        if path.exists() and not CALL.get().force:
            raise OutputError(f"'{path}' exists: give --force to replace it, or name another file")
        _require_room(path)


def require_file_name(path: Path) -> None:
    """`OutputError` where the call names a folder, by a slash at the end."""
    if path in CALL.get().folders and not path.is_dir():
        raise OutputError(f"'{path}/' is named as a folder, but a file is written: name a file")


def require_place(path: Path) -> None:
    """`OutputError` where a file at `path` must not be, whether the call is forced or not."""
    if path.is_symlink() and not path.exists():
        raise OutputError(f"'{path}' is a link that leads nowhere: remove it or name another file")
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder: name a file in it")
    if path.exists() and not path.is_file():
        raise OutputError(f"'{path}' is a disk or a socket: name a file")
    if path.exists() and not path.stat().st_mode & 0o222:  # which root could replace, too
        raise OutputError(f"'{path}' is read-only: make it writable, or name another file")
    _require_no_input(path)
    for tree in CALL.get().trees:
        if path.exists() and path.resolve().is_relative_to(tree.resolve()):
            raise OutputError(
                f"'{path}' exists and is of '{tree}', which this command reads: name another file"
            )


def require_folder(
    path: Path,
    verb: str,
    inputs: Iterable[Path] = (),
    stranger: Callable[[Path], str | None] | None = None,
) -> None:
    """`OutputError` unless `verb`, which reads `inputs`, may make the folder `path`, and can.

    stranger: what finds a file in a folder that is not the verb's; by default, its mark tells.
    """
    stranger = stranger or partial(marks.stranger, verb=verb)
    with in_words(path):
        if path.is_symlink() and not path.exists():
            raise OutputError(
                f"'{path}' is a link that leads nowhere: remove it or name another folder"
            )
        if os.path.lexists(path) and not path.is_dir():
            raise OutputError(f"'{path}' is no folder: name one that is empty or new")
        real = path.resolve()
        here = Path.cwd().resolve()
        if real in (here, *here.parents):
            raise OutputError(
                f"'{path}' is the working directory or holds it: name an empty or a new folder"
            )
        for source in (*inputs, *CALL.get().inputs):
            if source.exists() and source.resolve().is_relative_to(real):
                raise OutputError(
                    f"'{path}' is or holds '{source}', which this command reads: name an empty or "
                    "a new folder"
                )
        if os.path.ismount(real):
            raise OutputError(f"'{path}' is where a disk is mounted: name a folder in it")
        if real.is_dir() and (other := stranger(real)):
            raise OutputError(
                f"'{path}' is not empty and '{verb}' did not make '{other}' in it: name an empty"
                " or a new folder"
            )
        _require_room(path)


def is_stream(path: Path) -> bool:
    """Whether `path` is a pipe, a device as /dev/null, or an open file of this process.

    It is written to piece by piece and stays what it is.
    """
    if descriptor(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def descriptor(path: Path) -> int | None:
    """The open file of this process that `path` stands for, as /dev/stdout and /dev/fd/3 do."""
    for _ in range(LINKS):
        folder = os.path.realpath(path.parent)
        found = re.fullmatch(
            rf"/proc/{os.getpid()}(?:/task/\d+)?/fd/(\d+)", f"{folder}/{path.name}"
        )
        if found:
            return int(found[1])
        try:
            path = Path(folder, path.readlink())
        except (OSError, ValueError):  # no link
            return None
    return None


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what the system says against the target `path` into an `OutputError`."""
    try:
        yield
    except OSError as error:
        raise OutputError(sentence("write", path, error)) from error
    except ValueError as error:  # a zero byte, which no command line can hold
        raise OutputError(f"cannot write {str(path)!r} ({error}): name another file") from error


def _require_no_input(path: Path) -> None:
    number = descriptor(path)
    if number is None and not path.exists():
        return
    if is_read(path.stat() if number is None else os.fstat(number)):
        raise OutputError(f"'{path}' is read by this command: name another target")


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _is_ours(path: Path, endings: Collection[str]) -> bool:
    if endings and not path.name.lower().endswith(tuple(endings)):
        return False
    return not endings or begins_as(path)


def _require_room(path: Path) -> None:
    """`OSError` unless a file or folder of this name can be made where `path` will lie."""
    folder = path.resolve().parent if path.exists() else path.parent
    while not folder.exists():
        folder = folder.parent
    limit = os.pathconf(folder, "PC_NAME_MAX")
    below = path.relative_to(folder).parts if path.is_relative_to(folder) else (path.name,)
    if any(len(os.fsencode(name)) > limit for name in below):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    with tempfile.TemporaryFile(dir=folder):  # the sure way to ask; it never has a name
        pass
