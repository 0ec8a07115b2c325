"""What `events` does with one source: its events to a file, and a picture of them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from spiking_music import files, overwriting
from spiking_music.cli.coding import Coding, encoded
from spiking_music.cli.paths import PIPE, Job
from spiking_music.cli.sources import STREAM, seekable
from spiking_music.cli.streams import standard_output
from spiking_music.errors import ConfigError, OutputError
from spiking_music.overwriting import is_stream
from spiking_music.signatures import KINDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spiking_music.codec.encoding import Wish
    from spiking_music.codec.event_files import Write
    from spiking_music.codec.events import EventReader
    from spiking_music.codec.session import Codec
    from spiking_music.data.performance import Performance

ENDINGS = (".csv", ".npz", ".h5")


@dataclass(frozen=True)
class Request:
    """What is wanted of every source. units: their table. notes: of the picture."""

    codec: "Codec"
    wish: "Wish"
    start: float  # seconds
    duration: float | None
    units: "NDArray[np.void]"
    picture: Path | None = None
    notes: "Performance | None" = None


def run(job: Job, request: Request) -> None:
    """Write the events of a recording or a stream, and draw them where a picture is named."""
    with seekable(job.source) as (path, name), _stream(path, name or str(path), request) as file:
        reader = request.codec.read_events(file, request.start, request.duration)
        with _writer(job.target, reader, request) as write:
            count = 0
            for block, found in reader:
                write(block, found)
                count += len(found)
        if job.target != PIPE and not is_stream(job.target):
            files.wrote(*_files(job.target))
        rest = reader.samples / reader.header.sample_rate - request.start
        seconds = min(rest, request.duration or rest)
        print(f"{count} events in {seconds:.3f} s, {count / seconds:.1f} a second", file=sys.stderr)
        if request.picture is not None:
            from spiking_music.figures.events import draw

            file.seek(0)
            draw(request.codec, file, request.picture, request.start, seconds, request.notes)


def require_targets(todo: Sequence[Job]) -> None:
    """`OutputError` for a target of another ending, `ConfigError` where two would share a file."""
    seen: dict[Path, Path] = {}
    for job in todo:
        if job.target == PIPE or _is_bare(job.target):
            continue
        if job.target.is_dir():
            raise OutputError(f"'{job.target}' is a folder: name a file in it, or give --out")
        if job.target.suffix.lower() not in ENDINGS:
            raise OutputError(
                f"cannot write '{job.target}': events are .csv, .npz or .h5, name one"
            )
        for path in _files(job.target):
            other = seen.setdefault(path.absolute(), job.source)
            if other is not job.source:
                raise ConfigError(
                    f"'{other}' and '{job.source}' would both write '{path}': code them apart"
                )


def require_events(target: Path) -> None:
    """`OutputError` where a file that belongs to the target is there and is not ours to replace."""
    if target == PIPE or is_stream(target):
        return
    from spiking_music.codec.event_tables import is_ours  # here, as it imports numpy

    for path in _files(target):
        overwriting.require_file(path, ENDINGS)
        if path.is_file() and path.stat().st_size and not is_ours(path):
            raise OutputError(
                f"'{path}' exists and holds no events that were written here: name another file"
            )


@contextmanager
def _stream(path: Path, name: str, request: Request) -> Iterator[BinaryIO]:
    """The stream at `path`, or that of the recording there, which is encoded first.

    It lies on disk: an hour of it need not fit into memory.
    """
    wish = request.wish
    with path.open("rb") as file:
        if path.suffix.lower() == STREAM or KINDS[STREAM](file.read(8)):
            if (wish.level, wish.kbps, wish.min_si_snr) != (None, None, None):
                raise ConfigError(
                    f"'{name}' is a stream and has its levels: leave out --level, --kbps and "
                    "--min-si-snr"
                )
            file.seek(0)
            yield file
            return
    from spiking_music.audio.recording import opened as opened_recording

    # what a block costs matters only to --kbps: without it, no time goes into coding it well
    format = "dense" if wish.kbps is None else "best"
    with TemporaryFile(prefix="spiking-music-") as stream:
        coding = Coding(request.codec, wish, format)
        with opened_recording(path, name) as recording:
            _, notes = encoded(coding, recording, name, _kept(stream))
        for note in notes:
            print(note, file=sys.stderr)
        stream.seek(0)
        yield stream


@contextmanager
def _kept(file: BinaryIO) -> Iterator[BinaryIO]:
    """The same file, left open."""
    with files.writing(Path("a temporary file")):
        yield file


@contextmanager
def _writer(target: Path, reader: "EventReader", request: Request) -> "Iterator[Write]":
    from spiking_music.codec.event_files import About, event_file, event_pipe

    if target == PIPE:
        with standard_output() as pipe:
            yield event_pipe(pipe)
    elif _is_bare(target):
        with files.sink(target) as pipe:
            yield event_pipe(pipe)
    else:
        about = About(request.units, reader.samples, reader.header.sample_rate)
        with event_file(target, about) as write:
            yield write


def _files(target: Path) -> list[Path]:
    from spiking_music.codec.event_tables import paths

    return paths(target)


def _is_bare(target: Path) -> bool:
    """Whether the target is a pipe or device, which gets the events alone, as CSV."""
    return is_stream(target) and target.suffix.lower() not in (".npz", ".h5")
