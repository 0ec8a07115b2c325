"""Verbs of the codec as one uses it: recordings ↔ `.spk` streams, and what a stream is."""

from contextlib import ExitStack
from functools import partial
from math import inf, isfinite
from pathlib import Path
from typing import Annotated

import typer

from spiking_music.audio import RECORDINGS
from spiking_music.cli.coding import (
    SOUNDS,
    decoding,
    encoding,
    is_bare,
    opened,
    require_decoded,
    started,
)
from spiking_music.cli.guard import Force
from spiking_music.cli.options import (
    Device,
    Duration,
    Folder,
    Jobs,
    Kbps,
    Level,
    MinSiSnr,
    Model,
    Paths,
    Start,
)
from spiking_music.cli.paths import PIPE, checked, each
from spiking_music.cli.paths import jobs as sources
from spiking_music.cli.sources import STREAM, seekable
from spiking_music.cli.streams import shows_blocks
from spiking_music.cli.targets import Unchecked, Writes
from spiking_music.errors import CodeError, ConfigError, OutputError

PICTURES = (".png", ".svg", ".pdf")


def encode(
    paths: Paths,
    out: Folder = None,
    model: Model = None,
    level: Level = None,
    kbps: Kbps = None,
    min_si_snr: MinSiSnr = None,
    format: Annotated[
        str, typer.Option(help="best, or one of: dense, coo, time, units; packed; entropy.")
    ] = "best",
    delay: Annotated[
        float | None,
        typer.Option(help="Seconds, 0.5 or more, after which what goes in can be heard."),
    ] = None,
    robust: Annotated[
        bool, typer.Option("--robust", help="Stream version 1: a damaged header can be restored.")
    ] = False,
    raw: Annotated[
        str | None,
        typer.Option(help="Sources without a header: RATE[:CHANNELS[:FORMAT]], as 44100:2:s16."),
    ] = None,
    jobs: Jobs = 1,
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Compress recordings of any rate and channel count to .spk streams.

    Example:
    spiking-music encode sonata.flac sonata.spk --kbps 2
    """
    require_wish(level, kbps, min_si_snr, format)
    require_delay(delay, robust)
    todo = sources(paths, out, RECORDINGS, STREAM)
    layout = None
    if raw is not None:
        from spiking_music.audio.live import parse_raw

        layout = parse_raw(raw)
    wish = (level, kbps, min_si_snr)
    options = {"format": format, "robust": robust, "delay": delay, "raw": layout}
    prepare = partial(encoding, model, device, wish, options)
    with ExitStack() as stack:
        prepared = partial(started, stack, prepare, min(jobs, len(todo)))
        each(todo, checked(todo, "recording", (STREAM,), prepared))


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
    start: Start = 0.0,
    duration: Duration = None,
    suffix: Annotated[str, typer.Option(help="Of files in --out: .wav or .flac.")] = ".wav",
    jobs: Jobs = 1,
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Decompress .spk streams to 16-bit WAV or FLAC files of the recordings' exact length.

    Example:
    spiking-music decode sonata.spk sonata.wav
    """
    require_section(start, duration)
    todo = sources(paths, out, (STREAM,), suffix)
    for job in todo:
        _require_sound(job.target)
    prepare = partial(decoding, model, device, (start, duration, original_rate, salvage))
    with ExitStack() as stack:
        prepared = partial(started, stack, prepare, min(jobs, len(todo)))
        each(todo, checked(todo, "stream", SOUNDS, prepared, require_decoded))


def info(
    paths: Annotated[list[Path], typer.Argument(help="Streams; - is standard input."), Unchecked()],
    model: Model = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object of JSON a stream, without a picture.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(help="What fires, by frequency, in at most a minute (.png, .svg, .pdf)."),
        Writes(PICTURES),
    ] = None,
) -> None:
    """Tell what .spk streams are: lengths, rates, formats, levels, and a picture of the events.

    Streams of a model of your own need its --model.

    Example:
    spiking-music info sonata.spk --picture sonata.png
    """
    for path in paths:
        if path != PIPE and not path.exists():
            raise CodeError(f"no stream at '{path}': check its path")
    require_one_picture(len(paths), picture)
    from spiking_music.cli import info as told

    known = None
    if model is not None:
        from spiking_music.codec.model_folder import load_model

        known = load_model(model)
    for path in paths:
        with ExitStack() as stack:
            # read twice: once for the numbers, once for the picture
            place, _ = stack.enter_context(seekable(path))
            with opened(place) as file:
                if as_json:
                    print(told.as_json(str(path), file, known))
                else:
                    print(told.report(str(path), file, known, shows_blocks()))
                if picture is not None:
                    told.draw_events(file, known, picture)


def formats(
    units: Annotated[int, typer.Option(min=1, max=10**9, help="N, units.")],
    steps: Annotated[int, typer.Option(min=1, max=10**9, help="T, time steps.")],
    events: Annotated[int, typer.Option(min=0, max=10**9, help="S, events.")],
) -> None:
    """Print what S events in an N x T matrix cost in each format, and the entropy bound.

    Example:
    spiking-music codec formats --units 80 --steps 256 --events 1500
    """
    from spiking_music.evaluation.rates import storage_report

    print(storage_report(units, steps, events))


def require_wish(
    level: int | None, kbps: float | None, min_si_snr: float | None, format: str
) -> None:
    """`ConfigError` for what no model can be asked for."""
    if sum(value is not None for value in (level, kbps, min_si_snr)) > 1:
        raise ConfigError("give one of --level, --kbps and --min-si-snr only")
    if kbps is not None and not 0 < kbps < inf:
        raise ConfigError(f"--kbps is {kbps:g}: give a rate above 0")
    if min_si_snr is not None and not isfinite(min_si_snr):
        raise ConfigError(f"--min-si-snr is {min_si_snr:g}: give a number of dB")
    if format != "best":
        from spiking_music.codec.stream.header import FORMATS_OF

        known = ["best", *dict.fromkeys(name for kind in FORMATS_OF.values() for name in kind)]
        if format not in known:
            raise ConfigError(f"there is no format '{format}'; known are {', '.join(known)}")


def require_delay(delay: float | None, robust: bool) -> None:
    """`ConfigError` before a model is loaded, in words of the command line."""
    if delay is None:
        return
    from spiking_music.codec.delay import SHORTEST

    if not SHORTEST <= delay < inf:
        raise ConfigError(f"--delay is {delay:g}: give {SHORTEST:g} s or more")
    if robust:
        raise ConfigError("--robust streams have no delay to choose: leave out one of the two")


def require_one_picture(count: int, picture: Path | None) -> None:
    """`ConfigError` where a picture would be of several recordings, or of no known kind."""
    if picture is not None and count > 1:
        raise ConfigError("a picture is of one recording: leave out --picture, or name one source")
    if picture is not None and picture.suffix not in PICTURES:
        raise ConfigError(f"a picture is .png, .svg or .pdf, not '{picture}': name one")


def require_section(start: float, duration: float | None) -> None:
    if not 0 <= start < inf:
        raise ConfigError(f"--start is {start:g}: give seconds from 0 on")
    if duration is not None and not 0 < duration < inf:
        raise ConfigError(f"--duration is {duration:g}: give seconds above 0")


def _require_sound(target: Path) -> None:
    if target != PIPE and not is_bare(target) and target.suffix.lower() not in SOUNDS:
        if target.is_dir():
            raise OutputError(f"'{target}' is a folder: name a file in it, or give --out FOLDER")
        raise OutputError(f"cannot write '{target}': decoded sound is .wav or .flac, name one")


SHORT = (encode, decode, info)  # at the top, too
VERBS = (*SHORT, formats)
