"""The mark that a verb leaves in a folder it makes: by it the verb knows its own work again.

`.spiking-music` names the verb and every file with its SHA-256. A folder of which anything was
added or changed since is no longer the verb's to replace.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = ".spiking-music"
ENGINES = {".snakemake_timestamp"}  # what a workflow engine adds to folders that are outputs


def leave(folder: Path, verb: str) -> None:
    """Write the mark of `verb` for all that is in `folder` by now."""
    made = {str(path.relative_to(folder)): _digest(path) for path in sorted(_files(folder))}
    text = json.dumps({"verb": verb, "files": made}, indent=1, sort_keys=True)
    (folder / MARK).write_text(text + "\n", encoding="utf-8")


def stranger(folder: Path, verb: str) -> str | None:
    """A file of `folder` that `verb` did not leave there as it is; None where there is none."""
    made = _made(folder, verb)
    for path in sorted(_files(folder)):
        name = str(path.relative_to(folder))
        if made.get(name) != _digest(path):
            return name
    return MARK if os.path.lexists(folder / MARK) and not made else None


def _made(folder: Path, verb: str) -> dict[str, str]:
    """What the mark of `verb` says, names and digests; nothing where there is none."""
    try:
        mark: Any = json.loads((folder / MARK).read_text(encoding="utf-8"))
        return dict(mark["files"]) if mark["verb"] == verb else {}
    except (OSError, ValueError, KeyError, TypeError):  # another program's file
        return {}


def _files(folder: Path) -> Iterator[Path]:
    """Files, links and empty folders at any depth but the mark; links are not followed."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _files_or_itself(path)
        elif path.name not in (MARK, *ENGINES):
            yield path


def _files_or_itself(folder: Path) -> Iterator[Path]:
    empty = True
    for path in folder.iterdir():
        empty = False
        if path.is_dir() and not path.is_symlink():
            yield from _files_or_itself(path)
        else:
            yield path
    if empty:
        yield folder


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if not path.is_file():
        return "folder"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
