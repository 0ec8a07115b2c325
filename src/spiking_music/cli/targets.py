"""What a verb makes of the paths it is given: notes on its parameters, and the checks they ask for.

Every parameter that is a path names a file to be read, unless its annotation says otherwise by one
of these. All is checked before the verb runs, and before it imports anything slow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spiking_music import overwriting
from spiking_music.errors import DataError, OutputError
from spiking_music.models.shipped import folder_of
from spiking_music.overwriting import CALL, call

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Reads:
    """A path that is read, a "file" or a "folder" or "either"; `beside`: suffixes of files that
    are read with it, where they are there."""

    kind: str = "file"
    beside: tuple[str, ...] = ()

    def require(self, path: Path) -> None:
        """`DataError` unless it is there."""
        if not path.exists():
            wanted = "file or folder" if self.kind == "either" else self.kind
            raise DataError(f"there is no {wanted} '{path}': correct its path")
        if self.kind == "file" and path.is_dir():
            raise DataError(f"'{path}' is a folder: name a file")
        if self.kind == "folder" and not path.is_dir():
            raise DataError(f"'{path}' is no folder: name one")

    def paths(self, path: Path) -> list[Path]:
        return [path, *(path.with_suffix(suffix) for suffix in self.beside)]


@dataclass(frozen=True)
class ReadsModel(Reads):
    """The path of a model, or the name of one of the package's, as `load_model` resolves it."""

    kind: str = "either"

    def require(self, path: Path) -> None:
        super().require(folder_of(path))

    def paths(self, path: Path) -> list[Path]:
        return super().paths(folder_of(path))


@dataclass(frozen=True)
class Unchecked:
    """A path that the verb itself checks, before anything slow, or that need not be there."""


@dataclass(frozen=True)
class Writes:
    """A file, its name ending in one of `endings`, and others `beside` it.

    In those, {} stands for the path without its suffix, or if it is a mere `stem` for all of it.
    """

    endings: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    stem: bool = False

    def files(self, path: Path, arguments: Arguments) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Every file to be written, and how its name may end."""
        if not self.stem:
            yield path, self.endings
        base = path.name if self.stem else path.stem
        for name in self.beside:
            yield path.parent / name.format(base), (Path(name).suffix,)

    def require(self, path: Path, arguments: Arguments, verb: str) -> None:
        """`OutputError` unless all of it may be written."""
        if self.beside and overwriting.is_stream(path):
            raise OutputError(f"'{path}' is no file, and others are written beside it: name a file")
        if self.stem and path.name in ("", "..", "."):
            raise OutputError(f"'{path}' is a folder: name a file in it, without its ending")
        overwriting.require_file_name(path)
        for file, endings in self.files(path, arguments):
            overwriting.require_file(file, endings)


@dataclass(frozen=True)
class WritesFolder:
    """A folder that is made as a whole."""

    def require(self, path: Path, arguments: Arguments, verb: str) -> None:
        overwriting.require_folder(path, verb)


@dataclass(frozen=True)
class WritesRates:
    """A folder that gets <codec>-<kbps>.csv, which may hold other files."""

    def require(self, path: Path, arguments: Arguments, verb: str) -> None:
        for kbps in arguments["kbps"]:
            overwriting.require_file(path / f"{arguments['codec']}-{kbps}.csv", (".csv",))


@dataclass(frozen=True)
class WritesCheckpoints:
    """The folder in which a training run keeps its state."""

    def require(self, path: Path, arguments: Arguments, verb: str) -> None:
        from spiking_music.training.checkpoint_files import stranger

        overwriting.require_folder(path, verb, stranger=stranger)


@dataclass(frozen=True)
class WritesLog(Writes):
    """The table of a training run, with sounds beside it: a resumed run goes on with both."""

    beside: tuple[str, ...] = ("tensorboard", "validation")  # folders

    def files(self, path: Path, arguments: Arguments) -> Iterator[tuple[Path, tuple[str, ...]]]:
        yield path, self.endings

    def require(self, path: Path, arguments: Arguments, verb: str) -> None:
        from spiking_music.training.checkpoint_files import found, is_log

        resumed = bool(found(arguments["checkpoints"]))
        now = CALL.get()
        with call(now.inputs, now.force or resumed, now.trees, now.folders):
            super().require(path, arguments, verb)
            if path.is_file() and not is_log(path):
                raise OutputError(
                    f"'{path}' exists and is no table of a training run: name another file"
                )
            sounds = path.parent / "validation"
            for file in (*sounds.glob("reference-*.wav"), *sounds.glob("estimate*-*.wav")):
                overwriting.require_file(file, (".wav",))


Target = Writes | WritesFolder | WritesRates | WritesCheckpoints
