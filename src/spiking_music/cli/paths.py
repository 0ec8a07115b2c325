"""Which files the codec's verbs read and write: files, folders, and `-` for the standard ones."""

import sys
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path

from spiking_music import overwriting
from spiking_music.cli import streams
from spiking_music.cli.sources import PIPE, STREAM, recordings_in
from spiking_music.errors import ConfigError, DataError, SpikingMusicError


@dataclass(frozen=True)
class Job:
    source: Path
    target: Path


def jobs(paths: Sequence[Path], out: Path | None, known: Collection[str], ending: str) -> list[Job]:
    """What to make of what.

    Without `out`, `paths` are one source and its target. With it, all are sources and `out` is the
    folder for the results. A folder stands for all recordings in it, or all streams, at any depth,
    and its results have the same tree; they end in `ending`, instead of an ending that is `known`.
    Raises `ConfigError` where this cannot be, or two results would be one file.
    """
    if out is None and len(paths) != 2:
        raise ConfigError("name one source and one target, or several sources and --out FOLDER")
    sources, folder = ([paths[0]], paths[1]) if out is None else (list(paths), out)
    found: list[Job] = []
    for source in sources:
        if source.is_dir():
            found += _inside(source, folder, known, ending)
        elif out is None and folder.suffix.lower() in known:
            raise ConfigError(
                f"'{folder}' is named as a target and looks like a source: for several sources "
                "give --out FOLDER"
            )
        elif out is None:
            found.append(Job(source, folder))
        elif source == PIPE:
            raise ConfigError("standard input has no name to be given to a file in a folder")
        else:
            found.append(Job(source, folder / _renamed(source, known, ending).name))
    _require_distinct(found)
    return found


def each(all_jobs: Sequence[Job], run: Callable[[Job], "Future[None] | None"]) -> None:
    """Run every job, though others fail; a job alone fails in its own words.

    run: does the job, or starts it and returns what will be done with it.
    """
    failed: list[Job] = []

    def fails(job: Job, error: Exception) -> None:
        if len(all_jobs) == 1:
            raise error
        failed.append(job)
        kind = "" if isinstance(error, SpikingMusicError | OSError) else type(error).__name__
        print(f"error: {job.source}: {kind}{': ' * bool(kind)}{error}", file=sys.stderr)

    started: dict[Future[None], Job] = {}
    for job in all_jobs:
        try:
            future = run(job)
        except Exception as error:  # of whatever kind: the others are to be done all the same
            fails(job, error)
        else:
            started |= {} if future is None else {future: job}
    for number, future in enumerate(as_completed(started), 1):
        if sys.stderr.isatty():
            print(f"{number} of {len(started)}: {started[future].source}", file=sys.stderr)
        try:
            future.result()
        except Exception as error:
            fails(started[future], error)
    if failed:
        raise SpikingMusicError(
            f"{len(failed)} of {len(all_jobs)} files failed, for the reasons above"
        )


def checked(
    all_jobs: Sequence[Job],
    what: str,
    endings: Sequence[str],
    prepare: Callable[[], Callable[[Job], "Future[None] | None"]],
    require: Callable[[Path], None] = lambda target: None,
) -> Callable[[Job], "Future[None] | None"]:
    """What runs a job, for `each`: it fails where the source is missing, or the target kept.

    All jobs are checked first, and `prepare` is called only if there is one to run. `require`: what
    else is asked of the target, an `OutputError` where it is not so.
    """
    overwriting.reads(job.source for job in all_jobs if job.source != PIPE)
    if any(job.source == PIPE for job in all_jobs):
        overwriting.reads_standard_input()
    refused: dict[Job, SpikingMusicError] = {}
    for job in all_jobs:
        try:
            if job.source != PIPE and not job.source.exists():
                raise DataError(f"no {what} at '{job.source}': check its path")
            if job.target == PIPE:
                streams.require_output()
            else:
                overwriting.require_file(job.target, endings)
                require(job.target)
        except SpikingMusicError as error:
            refused[job] = error
    work = prepare() if len(refused) < len(all_jobs) else None

    def run(job: Job) -> "Future[None] | None":
        if job in refused or work is None:
            raise refused[job]
        return work(job)

    return run


def _inside(source: Path, folder: Path, known: Collection[str], ending: str) -> list[Job]:
    if folder.is_file() or folder == PIPE:
        raise ConfigError(f"'{source}' is a folder and '{folder}' is not: name a folder for it")
    files: list[Path] = []
    if STREAM in known:
        listed = source.rglob("*")
        files += sorted(path for path in listed if path.suffix.lower() == STREAM)
    if {*known} != {STREAM}:
        files += recordings_in(source)
    if not files:
        what = "recording" if {*known} != {STREAM} else f"file that ends in {STREAM}"
        raise ConfigError(f"there is no {what} in '{source}'")
    return [Job(path, _renamed(folder / path.relative_to(source), known, ending)) for path in files]


def _renamed(path: Path, known: Collection[str], ending: str) -> Path:
    """With `ending` instead of one that is known; other dots are part of the name."""
    stem = path.stem if path.suffix.lower() in known else path.name
    return path.with_name(f"{stem}{ending}")


def _require_distinct(found: Sequence[Job]) -> None:
    sources: dict[Path, Path] = {}
    for job in found:
        if job.target == PIPE:
            continue
        other = sources.setdefault(job.target.absolute(), job.source)
        if other is not job.source:
            raise ConfigError(
                f"'{other}' and '{job.source}' would both become '{job.target}': code them apart"
            )
        if job.target.absolute() == job.source.absolute():
            raise ConfigError(f"'{job.source}' would overwrite itself: name another target")
