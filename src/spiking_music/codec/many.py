"""Many recordings → streams, in several processes."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from spiking_music import files, overwriting
from spiking_music.audio import recording as audio
from spiking_music.codec.encoding import Wish
from spiking_music.codec.session import load
from spiking_music.errors import ConfigError
from spiking_music.processes import pool

ENDING = ".spk"  # of streams: no other file is replaced


@dataclass(frozen=True)
class Outcome:
    """What became of a recording: the `bytes` of its stream, or why there is none."""

    source: Path
    target: Path
    bytes: int | None = None
    error: Exception | None = None


def encode_many(
    recordings: Iterable[tuple[Path | str, Path | str]],
    model: Path | str | None = None,
    jobs: int = 1,
    **options: Any,
) -> Iterator[Outcome]:
    """Encode recordings (any file that can be read, and the path of its stream) as they finish.

    model: as of `load`. jobs: processes, each of which loads the model. options: `level`, `kbps`,
    `min_si_snr`, `format`, `robust` and `delay`, as of `Codec.encode`.

    Streams appear whole or not at all, and replace streams (.spk) but no other file. A recording
    that fails does not stop the others: its outcome has the error. Raises `ConfigError` for fewer
    than one job.
    """
    if jobs < 1:
        raise ConfigError(f"{jobs} jobs do nothing: give 1 or more")
    todo = [(Path(source), Path(target)) for source, target in recordings]
    prepare = partial(_encoder, model, options)
    if jobs == 1:
        if todo:
            yield from map(prepare(), todo)
        return
    with pool(min(jobs, max(1, len(todo))), prepare) as start:
        for done in as_completed([start(item) for item in todo]):
            yield done.result()


def _encoder(
    model: Path | str | None, options: dict[str, Any]
) -> Callable[[tuple[Path, Path]], Outcome]:
    codec = load(model)
    names = ("level", "kbps", "min_si_snr")
    wish = Wish(**{name: options[name] for name in names if name in options})
    further = {name: value for name, value in options.items() if name not in names}

    def encode(item: tuple[Path, Path]) -> Outcome:
        source, target = item
        try:
            overwriting.require_file(target, (ENDING,))
            with audio.opened(source) as recording, files.sink(target) as file:
                codec.write(recording.mono(), recording.rate, file, wish, **further)
        except Exception as error:  # of whatever kind: the others are to be done all the same
            return Outcome(source, target, error=error)
        return Outcome(source, target, target.stat().st_size)

    return encode
