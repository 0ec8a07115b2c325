"""What the codec's verbs read: files, pipes that look like files, the recordings of a folder."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from spiking_music.audio import RECORDINGS
from spiking_music.errors import DataError

if TYPE_CHECKING:
    from spiking_music.audio.live import LiveRecording, Raw
    from spiking_music.audio.recording import Recording

PIPE = Path("-")
STANDARD_INPUT = (PIPE, Path("/dev/stdin"), Path("/dev/fd/0"), Path("/proc/self/fd/0"))
STREAM = ".spk"


@contextmanager
def seekable(path: Path) -> Iterator[tuple[Path, str | None]]:
    """A file with what is in `path`, kept on disk if that is a pipe, and what messages call it.

    Raises `DataError` for devices and for a standard input that is closed.
    """
    from spiking_music.codec.sound_file import spooled  # here, as it imports numpy

    name = "standard input" if path in STANDARD_INPUT else None
    if path == PIPE:
        if sys.stdin is None:
            raise DataError("standard input is closed: name a file")
        with spooled(sys.stdin.buffer) as file:
            yield file, name
    elif is_pipe(path):
        with path.open("rb") as pipe, spooled(pipe) as file:
            yield file, name or f"what '{path}' gave"
    else:
        yield path, name


@contextmanager
def recording_of(
    path: Path, raw: "Raw | None"
) -> "Iterator[tuple[str, Recording | LiveRecording]]":
    """What messages call the recording in `path`, and itself: of a pipe, as it comes where it can.

    raw: of a source without a header. Raises `DataError` where there is no recording.
    """
    from spiking_music.audio import live  # here, as they import numpy
    from spiking_music.audio import recording as audio
    from spiking_music.codec.sound_file import spooled

    name = "standard input" if path in STANDARD_INPUT else str(path)
    with ExitStack() as stack:
        if path == PIPE and sys.stdin is None:
            raise DataError("standard input is closed: name a file")
        begun = b""
        if path == PIPE or is_pipe(path) or raw is not None:
            own = path != PIPE
            label = name if not own else f"what '{path}' gave"
            pipe: BinaryIO = stack.enter_context(path.open("rb")) if own else sys.stdin.buffer
            if raw is not None:
                yield label, live.LiveRecording(pipe, label, raw)
                return
            found, begun = live.live_wav(pipe, label)
            if found is not None:
                yield label, found
                return
            path, name = stack.enter_context(spooled(pipe, begun)), label
        if not path.exists():
            raise DataError(f"no recording at '{path}': check its path")
        yield name, stack.enter_context(audio.opened(path, name))


def is_pipe(path: Path) -> bool:
    """Whether `path` is a FIFO or `/dev/fd/N` of a pipe. Raises `DataError` if it is a device."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise DataError(f"'{path}' is a device and no file: name a recording, a stream or a pipe")
    return stat.S_ISFIFO(mode)


def recordings_in(folder: Path) -> list[Path]:
    """All recordings at any depth of `folder`, in order, whatever their names end in.

    What looks like one and cannot be read is among them, so that its coding fails: files with a
    recording's ending, links to nowhere, folders that cannot be listed. Everything else but .spk
    streams is named on stderr.
    """
    from spiking_music.audio.containers import is_recording

    found = []
    for path in _files(folder):
        try:
            odd = not path.is_file()
            if odd and path.exists() and not path.is_dir():
                print(f"left out: '{path}' is a pipe or a device", file=sys.stderr)
                continue
            wanted = odd or path.suffix.lower() in RECORDINGS or is_recording(path)
        except OSError:  # may not be read
            wanted = True
        if wanted:
            found.append(path)
        elif path.suffix.lower() != STREAM:
            print(f"left out: '{path}' is no recording", file=sys.stderr)
    return found


def _files(folder: Path) -> list[Path]:
    """All that is in a folder but folders that can be listed; links are followed, once."""
    found: list[Path] = []
    seen: set[str] = set()

    def unreadable(error: OSError) -> None:
        found.append(Path(error.filename))

    for parent, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        seen.add(os.path.realpath(parent))
        inner = [name for name in sorted(folders) if _real(parent, name) not in seen]
        folders[:] = inner
        seen.update(_real(parent, name) for name in inner)
        found += [Path(parent, name) for name in names]
    return sorted(found)


def _real(parent: str, name: str) -> str:
    return os.path.realpath(os.path.join(parent, name))  # noqa: PTH118
