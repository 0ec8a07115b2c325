"""What `encode` and `decode` do with one source, and what they say about it on stderr."""

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, BinaryIO

from spiking_music import files
from spiking_music.cli.paths import PIPE, Job
from spiking_music.cli.sources import is_pipe, recording_of
from spiking_music.cli.streams import standard_output
from spiking_music.errors import CodeError, OutputError
from spiking_music.overwriting import is_stream
from spiking_music.progress import tracked

if TYPE_CHECKING:
    from spiking_music.audio.live import LiveRecording, Raw
    from spiking_music.audio.recording import Recording
    from spiking_music.codec.decoded import Decoding
    from spiking_music.codec.encoding import Missed, Wish
    from spiking_music.codec.samples import Samples
    from spiking_music.codec.session import Codec, Encoded
    from spiking_music.codec.stream import Lost

SOUNDS = (".wav", ".flac")


@dataclass(frozen=True)
class Coding:
    """How recordings become streams."""

    codec: "Codec"
    wish: "Wish"
    format: str = "best"
    robust: bool = False
    delay: float | None = None
    raw: "Raw | None" = None

    def write(
        self, pieces: "Iterable[Samples]", rate: int, file: BinaryIO, live: bool
    ) -> "Encoded":
        return self.codec.write(
            pieces, rate, file, self.wish, self.format, self.robust, self.delay, live
        )


def encoding(
    model: Path | None,
    device: str,
    wish: tuple[int | None, float | None, float | None],
    options: dict[str, Any],
) -> Callable[[Job], None]:
    """What encodes one source, with a model that is loaded for it."""
    from spiking_music.codec.encoding import Wish
    from spiking_music.codec.session import load

    codec = load(model, device)
    coding = Coding(codec, Wish(*wish).settled(codec.model.config), **options)
    return lambda job: encode_one(coding, job)


def decoding(
    model: Path | None, device: str, section: tuple[float, float | None, bool, bool]
) -> Callable[[Job], None]:
    """What decodes one source, with a model that is loaded for it."""
    from spiking_music.codec.session import load

    codec = load(model, device)

    def run(job: Job) -> None:
        live = job.source == PIPE or is_pipe(job.source)
        with opened(job.source) as file:
            decode_one(codec.read(file, *section, live), job)

    return run


def started(
    stack: ExitStack, prepare: Callable[[], Callable[[Job], None]], count: int
) -> "Callable[[Job], Future[None] | None]":
    """What runs a job here, or starts it in one of `count` processes, which end with the stack."""
    if count == 1:
        return prepare()
    from spiking_music.processes import pool

    return stack.enter_context(pool(count, prepare))


def encode_one(coding: Coding, job: Job) -> None:
    """Write the stream of a recording.

    Raises `DataError` where there is no recording.
    """
    with recording_of(job.source, coding.raw) as (name, recording):
        target = standard_output() if job.target == PIPE else files.sink(job.target)
        done, notes = encoded(coding, recording, name, target)
    if job.target.is_file() and not is_stream(job.target):
        size, seconds = job.target.stat().st_size, done.samples / coding.codec.sample_rate
        files.wrote(job.target)
        print(f"{seconds:.3f} s in {size} bytes, {size / seconds / 125:.3f} kbps", file=sys.stderr)
    for note in notes:
        print(note, file=sys.stderr)


def encoded(
    coding: Coding,
    recording: "Recording | LiveRecording",
    name: str,
    target: AbstractContextManager[BinaryIO],
) -> "tuple[Encoded, list[str]]":
    """Encode a recording, called `name`, to `target`; what the user is to be told."""
    with ExitStack() as stack:
        shown = _progress(recording.mono(), Path(name).name, recording.frames, recording.rate)
        pieces = stack.enter_context(shown)
        done = coding.write(pieces, recording.rate, stack.enter_context(target), recording.live)
    notes = []
    if recording.joined > 1:
        seconds = done.samples / coding.codec.sample_rate
        notes.append(
            f"note: {name} holds {recording.joined} recordings, one after the other:"
            f" all of them are coded, {seconds:.3f} s"
        )
    if done.reached:
        low, middle = min(done.reached), median(done.reached)
        notes.append(f"SI-SNR {low:.2f} dB in the worst block, {middle:.2f} dB in the median one")
    if done.missed is not None:
        notes.append(_missed(done.missed))
    return done, notes


def decode_one(decoding: "Decoding", job: Job) -> None:
    """Write the sound of a stream, and say what was clipped or lost."""
    from spiking_music.codec.samples import Overs
    from spiking_music.codec.sound_file import sound_file, sound_pipe

    overs = Overs()
    with ExitStack() as stack:
        if job.target == PIPE:
            write = sound_pipe(stack.enter_context(standard_output()), decoding.rate)
        elif is_bare(job.target):
            write = sound_pipe(stack.enter_context(files.sink(job.target)), decoding.rate)
        else:
            write = stack.enter_context(sound_file(job.target, decoding.rate, decoding.samples))
        pieces = stack.enter_context(
            _progress(overs.count(decoding), job.source.name, decoding.samples, decoding.rate)
        )
        for piece in pieces:
            write(piece)
    if job.target != PIPE and not is_stream(job.target):
        files.wrote(job.target)
    seconds = decoding.header.block_samples / decoding.header.sample_rate
    if overs.samples:
        print(overs.sentence(), file=sys.stderr)
    for lost in decoding.lost:
        print(_lost(lost, seconds), file=sys.stderr)


def is_bare(target: Path) -> bool:
    """Whether the target is a pipe or device whose name tells no format: it gets WAV."""
    return target.suffix.lower() not in SOUNDS and is_stream(target)


def require_decoded(target: Path) -> None:
    """`OutputError` where the target is a recording that was not decoded here."""
    if not target.is_file() or is_stream(target) or not target.stat().st_size:
        return
    from spiking_music.codec.sound_file import is_decoded  # here, as it imports numpy

    if not is_decoded(target):
        raise OutputError(
            f"'{target}' exists and was not decoded here, as its tag would say: name another file"
        )


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The stream at `path`, or on standard input; `CodeError` where there is none."""
    if path == PIPE:
        yield sys.stdin.buffer
        return
    if not path.is_file() and not is_pipe(path):
        raise CodeError(f"no stream at '{path}': check its path")
    with path.open("rb") as file:
        yield file


def _progress(
    pieces: "Iterable[Samples]", name: str, samples: int | None, rate: int
) -> "AbstractContextManager[Iterator[Samples]]":
    """The same pieces of audio, while seconds of it are counted; closed at the end."""
    total = samples / rate if samples else None
    return closing(tracked(pieces, name, total, lambda piece: len(piece) / rate, "second"))


def _missed(missed: "Missed") -> str:
    worst = missed.worst
    return (
        f"{missed.blocks} blocks have no level that gives {worst.wish} and are coded at the "
        f"nearest: the worst at {worst.si_snr_db:.1f} dB and {worst.kbps:.2f} kbps"
    )


def _lost(lost: "Lost", seconds: float) -> str:
    begin = lost.first * seconds
    if lost.count is None:
        return f"lost all from block {lost.first} ({begin:.1f} s) on: {lost.reason}"
    if not lost.count:
        return f"lost nothing before block {lost.first} ({begin:.1f} s): {lost.reason}"
    last, end = lost.first + lost.count - 1, begin + lost.count * seconds
    return f"lost blocks {lost.first} .. {last} ({begin:.1f} .. {end:.1f} s): {lost.reason}"
