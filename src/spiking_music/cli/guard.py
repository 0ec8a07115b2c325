"""What happens to every verb before it runs: its paths are checked, and `--force` is added.

The checks take no library that is slow to import, so that a mistake is told at once.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from spiking_music import overwriting
from spiking_music.cli.targets import (
    Reads,
    Unchecked,
    Writes,
    WritesCheckpoints,
    WritesFolder,
    WritesRates,
)
from spiking_music.errors import OutputError
from spiking_music.extras import needed

FORCE = (
    "SPIKING_MUSIC_FORCE"  # set by the workflow, which deletes outputs before it makes them anew
)
Verb = Callable[..., None]
Note = Reads | Unchecked | Writes | WritesFolder | WritesRates | WritesCheckpoints

Force = Annotated[
    bool,
    typer.Option(
        "--force", envvar=FORCE, show_envvar=False, help="Replace files of the kind to be written."
    ),
]


def guarded(verb: Verb) -> Verb:
    """`verb` as the command line calls it."""
    signature = inspect.signature(verb)
    noted = {name: note for name, each in signature.parameters.items() if (note := _note(each))}
    own = "force" in signature.parameters
    writes = any(not isinstance(note, Reads | Unchecked) for note in noted.values())

    @functools.wraps(verb)
    @needed("this")
    def run(*, force: bool = False, **arguments: Any) -> None:
        inputs = [path for path, note in _given(noted, arguments) if isinstance(note, Reads)]
        read = _read(noted, arguments)
        if force:  # or nothing that is there is written over
            read += _of_configuration(arguments.get("config"))
        trees = [path for path in inputs if path.is_dir()]
        with overwriting.call(read, force, trees, _with_slashes(sys.argv[1:])):
            _require_targets(verb.__name__.replace("_", "-"), noted, arguments)
            verb(**arguments, **({"force": force} if own else {}))

    if not own and writes:
        parameter = inspect.Parameter(
            "force", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Force
        )
        parameters = [*signature.parameters.values(), parameter]
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {**verb.__annotations__, "force": Force}
    return run


def documented(verb: Verb) -> tuple[str, str]:
    """Help and epilog of a verb: its docstring, whose example keeps its lines."""
    text, _, example = inspect.cleandoc(verb.__doc__ or "").partition("\n\nExample:\n")
    return text, f"\b\nExample:\n{inspect.cleandoc(example)}"


def notes(verb: Verb) -> dict[str, Note]:
    """What is noted on the parameters of a verb that are paths, by name."""
    parameters = inspect.signature(verb).parameters
    return {name: note for name, each in parameters.items() if (note := _note(each))}


def _note(parameter: inspect.Parameter) -> Note | None:
    """The last note of a parameter that is a path, as those further in are of shared types."""
    if "Path" not in str(get_args(parameter.annotation)[:1]):
        return None
    found = [each for each in get_args(parameter.annotation)[1:] if isinstance(each, Note)]
    return found[-1] if found else Reads()


def _given(noted: Mapping[str, Note], arguments: Mapping[str, Any]) -> Iterator[tuple[Path, Note]]:
    for name, note in noted.items():
        value = arguments.get(name)
        for path in value if isinstance(value, list) else [value]:
            if path is not None:
                yield path, note


def _read(noted: Mapping[str, Note], arguments: Mapping[str, Any]) -> list[Path]:
    """All that the verb reads; `DataError` where something is missing."""
    read = []
    for path, note in _given(noted, arguments):
        if isinstance(note, Reads):
            note.require(path)
            read += note.paths(path)
    return read


def _require_targets(verb: str, noted: Mapping[str, Note], arguments: Mapping[str, Any]) -> None:
    named: dict[Path, Path] = {}
    for path, note in _given(noted, arguments):
        if isinstance(note, Reads | Unchecked):
            continue
        note.require(path, arguments, verb)
        files = note.files(path, arguments) if isinstance(note, Writes) else [(path, ())]
        for file, _ in files:
            if file.resolve() in named:
                raise OutputError(f"'{file}' is to be written twice: name another file")
            named[file.resolve()] = file


def _with_slashes(words: Sequence[str]) -> list[Path]:
    """The paths among the words of a command line that end in a slash, which `Path` forgets."""
    values = (word.partition("=")[2] if word.startswith("--") else word for word in words)
    return [Path(value) for value in values if value.endswith(("/", "/."))]


def _of_configuration(config: Sequence[str] | None) -> list[Path]:
    """Files of people's own that the verb may read because a configuration names them."""
    if not config:
        return []
    from spiking_music import config as configuration

    read = [Path(word) for word in config if not word.lstrip().startswith("{")]
    dataset = configuration.read(config).get("dataset") or {}
    for key in ("path", "soundfont"):
        if isinstance(named := dataset.get(key) if isinstance(dataset, dict) else None, str):
            place = Path(named).expanduser()
            read += sorted(place.glob("*.csv")) if place.is_dir() else [place]
    return read
