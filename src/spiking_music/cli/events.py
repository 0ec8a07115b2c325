"""The verb that writes what fires in a recording: events with their times, and their units."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spiking_music.audio import RECORDINGS
from spiking_music.cli.codec import PICTURES, require_one_picture, require_section, require_wish
from spiking_music.cli.event_jobs import ENDINGS, Request, require_events, require_targets, run
from spiking_music.cli.guard import Force
from spiking_music.cli.options import (
    Device,
    Duration,
    Folder,
    Kbps,
    Level,
    MinSiSnr,
    Model,
    Paths,
    Start,
)
from spiking_music.cli.paths import Job, checked, each, jobs
from spiking_music.cli.sources import STREAM
from spiking_music.cli.targets import Reads, Writes
from spiking_music.errors import ConfigError
from spiking_music.extras import needed

if TYPE_CHECKING:
    from spiking_music.codec.encoding import Wish


def events(
    paths: Paths,
    out: Folder = None,
    model: Model = None,
    level: Level = None,
    kbps: Kbps = None,
    min_si_snr: MinSiSnr = None,
    start: Start = 0.0,
    duration: Duration = None,
    suffix: Annotated[str, typer.Option(help="Of files in --out: .csv, .npz or .h5.")] = ".csv",
    selectivity: Annotated[
        Path | None,
        typer.Option(help="Table of `evaluate selectivity` (.csv): adds each unit's best note."),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(help="Sound, notes and events of at most a minute (.png, .svg, .pdf)."),
        Writes(PICTURES),
    ] = None,
    midi: Annotated[
        Path | None, typer.Option(help="MIDI file with the notes of the picture."), Reads()
    ] = None,
    device: Device = "cpu",
    force: Force = False,
) -> None:
    """Write the events of recordings or .spk streams, and a table of the units that fire.

    Times are seconds of the recording. Beside a .csv file, the units and the blocks have files of
    their own: <name>-units.csv and <name>-blocks.csv.

    Example:
    spiking-music events sonata.flac sonata.csv --level 16 --picture sonata.png --midi sonata.mid
    """
    require_wish(level, kbps, min_si_snr, "best")
    require_section(start, duration)
    todo = jobs(paths, out, (*RECORDINGS, STREAM), suffix)
    require_one_picture(len(todo), picture)
    if midi is not None and picture is None:
        raise ConfigError("the notes of --midi are drawn in a picture: give --picture, too")
    require_targets(todo)

    def prepared() -> Callable[[Job], None]:
        from spiking_music.codec.encoding import Wish

        wish = Wish(level, kbps, min_si_snr)
        request = _request(todo, model, device, wish, (start, duration), selectivity, picture, midi)
        return lambda job: run(job, request)

    each(todo, checked(todo, "recording or stream", ENDINGS, prepared, require_events))


def _request(
    todo: list[Job],
    model: Path | None,
    device: str,
    wish: "Wish",
    section: tuple[float, float | None],
    selectivity: Path | None,
    picture: Path | None,
    midi: Path | None,
) -> Request:
    """All that is read before anything is written."""
    from spiking_music.codec.event_files import require_library
    from spiking_music.codec.session import load

    for job in todo:
        require_library(job.target)
    if picture is not None:
        with needed("--picture"):
            import_module("matplotlib")
    notes = None
    if midi is not None:
        from spiking_music.data.midi import read_midi

        notes = read_midi(midi)
    codec = load(model, device)
    units = codec.units
    if selectivity is not None:
        from spiking_music.codec.units import with_notes
        from spiking_music.evaluation.tables import best_notes

        units = with_notes(units, best_notes(selectivity, len(units)))
    return Request(codec, wish, *section, units, picture, notes)


VERBS = (events,)
