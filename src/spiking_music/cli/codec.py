"""Verbs of the codec as one uses it: recordings ↔ `.spk` streams, and what a stream is."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from spiking_music import files
from spiking_music.cli.paths import PIPE, Job, each, jobs
from spiking_music.cli.sources import RECORDINGS, STREAM, is_pipe, seekable
from spiking_music.errors import CodeError, DataError

if TYPE_CHECKING:
    from spiking_music.codec.encoding import Missed, Wish
    from spiking_music.codec.samples import Samples
    from spiking_music.codec.session import Codec, Decoding
    from spiking_music.codec.stream import Lost

Paths = Annotated[
    list[Path],
    typer.Argument(help="Source and target; or, with --out, sources. - is standard input/output."),
]
Folder = Annotated[
    Path | None, typer.Option("--out", help="Folder for the results of all that is named.")
]
Model = Annotated[
    Path | None,
    typer.Option(help="Model folder or weights file; else the pretrained one."),
]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, …")]


def encode(
    paths: Paths,
    out: Folder = None,
    model: Model = None,
    level: Annotated[
        int | None, typer.Option(min=0, help="μ of a model with levels; higher is sparser.")
    ] = None,
    kbps: Annotated[
        float | None, typer.Option(min=0, help="The best level of each block within this rate.")
    ] = None,
    min_si_snr: Annotated[
        float | None, typer.Option(help="The sparsest level of each block above this, in dB.")
    ] = None,
    format: Annotated[
        str, typer.Option(help="best, or one of: dense, coo, time, units; packed; entropy.")
    ] = "best",
    device: Device = "cpu",
) -> None:
    """Compress recordings of any rate and channel count to .spk streams."""
    todo = jobs(paths, out, RECORDINGS, STREAM)
    from spiking_music.codec.encoding import Wish
    from spiking_music.codec.session import load

    codec = load(model, device)
    wish = Wish(level, kbps, min_si_snr).settled(codec.model.config)
    each(todo, lambda job: _encode(codec, job, wish, format))


def decode(
    paths: Paths,
    out: Folder = None,
    model: Model = None,
    original_rate: Annotated[
        bool, typer.Option("--original-rate", help="At the recording's rate, not the codec's.")
    ] = False,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Silence for damaged blocks, and say which.")
    ] = False,
    start: Annotated[float, typer.Option(min=0, help="Seconds to skip.")] = 0.0,
    duration: Annotated[float | None, typer.Option(help="Seconds to decode.")] = None,
    suffix: Annotated[str, typer.Option(help="Of files in --out: .wav or .flac.")] = ".wav",
    device: Device = "cpu",
) -> None:
    """Decompress .spk streams to 16-bit WAV or FLAC files of the recordings' exact length."""
    todo = jobs(paths, out, (STREAM,), suffix)
    from spiking_music.codec.session import load

    codec = load(model, device)

    def run(job: Job) -> None:
        with _opened(job.source) as file:
            decoding = codec.read(file, start, duration, original_rate, salvage)
            _decode(decoding, job)

    each(todo, run)


def info(
    paths: Annotated[list[Path], typer.Argument(help="Streams; - is standard input.")],
    model: Model = None,
) -> None:
    """Tell what .spk streams are: lengths, rates, formats, levels, and a picture of the events.

    The picture of entropy-coded streams needs their --model, unless it is the pretrained one.
    """
    from spiking_music.cli.info import report

    coder = None
    if model is not None:
        from spiking_music.codec.model_folder import load_model

        coder = load_model(model)
    for path in paths:
        with ExitStack() as stack:
            # read twice: once for the numbers, once for the picture
            place, _ = stack.enter_context(seekable(path))
            with _opened(place) as file:
                print(report(str(path), file, coder))


def _encode(codec: "Codec", job: Job, wish: "Wish", format: str) -> None:
    from spiking_music.audio.recording import opened

    with ExitStack() as stack:
        path, name = stack.enter_context(seekable(job.source))
        if not path.exists():
            raise DataError(f"no recording at '{path}': check its path")
        recording = stack.enter_context(opened(path, name))
        pieces = stack.enter_context(_progress(recording.mono(), job.source.name, recording.frames))
        if job.target == PIPE:
            done = codec.write(pieces, recording.rate, sys.stdout.buffer, wish, format)
        else:
            with files.atomic(job.target) as temporary, temporary.open("wb") as file:
                done = codec.write(pieces, recording.rate, file, wish, format)
    if job.target != PIPE:
        size, seconds = job.target.stat().st_size, done.samples / codec.sample_rate
        files.wrote(job.target)
        print(f"{seconds:.3f} s in {size} bytes, {size / seconds / 125:.3f} kbps", file=sys.stderr)
    if done.missed is not None:
        print(_missed(done.missed), file=sys.stderr)


def _decode(decoding: "Decoding", job: Job) -> None:
    from spiking_music.codec.samples import Overs
    from spiking_music.codec.sound_file import sound_file, sound_pipe

    overs = Overs()
    with ExitStack() as stack:
        if job.target == PIPE:
            write = sound_pipe(sys.stdout.buffer, decoding.rate)
        else:
            write = stack.enter_context(sound_file(job.target, decoding.rate, decoding.samples))
        pieces = stack.enter_context(
            _progress(overs.count(decoding), job.source.name, decoding.samples)
        )
        for piece in pieces:
            write(piece)
    if job.target != PIPE:
        files.wrote(job.target)
    seconds = decoding.header.block_samples / decoding.header.sample_rate
    if overs.samples:
        print(overs.sentence(), file=sys.stderr)
    for lost in decoding.lost:
        print(_lost(lost, seconds), file=sys.stderr)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == PIPE:
        yield sys.stdin.buffer
        return
    if not path.is_file() and not is_pipe(path):
        raise CodeError(f"no stream at '{path}': check its path")
    with path.open("rb") as file:
        yield file


@contextmanager
def _progress(
    pieces: "Iterable[Samples]", name: str, total: int | None
) -> "Iterator[Iterator[Samples]]":
    """The same pieces, while a bar on stderr advances by them; none where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=total or None)

        def advancing() -> "Iterator[Samples]":
            for piece in pieces:
                yield piece
                bar.advance(task, len(piece))

        yield advancing()


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


VERBS = (encode, decode, info)
