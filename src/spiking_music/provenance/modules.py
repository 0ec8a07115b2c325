"""Which modules of the package a process has used, and whether they are still the same.

Comments, docstrings and formatting are no code. Of the configuration's classes methods count, but
not keys, whose values rules hand over. A file of data belongs to the modules that name it.
"""

import hashlib
import inspect
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import spiking_music

PACKAGE = Path(spiking_music.__file__).parent
ROOT = spiking_music.__name__
CONFIG = f"{ROOT}.config"
# reads arguments, keeps records, plans: no result is another one by it
LEFT_OUT = tuple(f"{ROOT}.{room}" for room in ("cli", "provenance", "workflow", "errors"))
SHORT = 16  # digits of a digest
NAME = re.compile(r"[\w-][\w.-]{0,63}")  # of a file or a folder


def used() -> dict[str, str]:
    """Module → digest of its code and data, of all that this process has imported."""
    return {name: now for name in sorted(sys.modules) if _counts(name) and (now := digest(name))}


@cache
def digest(name: str) -> str:
    """Digest of what module `name` does, and of the data it names; "" where there is none."""
    path = _file(name)
    if path is None:
        return ""
    try:
        code = compile(path.read_bytes(), name, "exec", optimize=2, dont_inherit=True)
    except SyntaxError:  # half edited: another code than any that ran
        return "broken"
    parts = list(_parts(code, not name.startswith(CONFIG)))
    parts += [data.read_bytes() for data in _data(code, path.parent)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:SHORT]


def _counts(name: str) -> bool:
    return name.startswith(f"{ROOT}.") and not name.startswith(LEFT_OUT)


def _file(name: str) -> Path | None:
    place = PACKAGE.joinpath(*name.split(".")[1:])
    found = (place / "__init__.py", place.with_name(f"{place.name}.py"))
    return next((path for path in found if path.is_file()), None)


def _parts(code: CodeType, whole: bool) -> Iterator[bytes]:
    """What says what `code` does, wherever it stands; else (not `whole`) that of functions only."""
    whole = whole or bool(code.co_flags & inspect.CO_OPTIMIZED)  # which bodies of classes are not
    if whole:
        names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        arguments = (code.co_argcount, code.co_kwonlyargcount, code.co_flags)
        yield repr((names, arguments)).encode() + code.co_code + code.co_exceptiontable
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant, whole)
        elif whole:
            yield _written(constant).encode()


def _written(constant: Any) -> str:
    """`repr`, in which sets are in order."""
    if isinstance(constant, frozenset):
        return f"{sorted(map(_written, constant))}"
    if isinstance(constant, tuple):
        return f"({', '.join(map(_written, constant))})"
    return repr(constant)


def _data(code: CodeType, folder: Path) -> Iterator[Path]:
    """Files that are no modules, beside the module or in a folder there, which `code` names."""
    if not {"__file__", "__package__"} & set(_names(code)):  # it does not know where it lies
        return
    for name in sorted(_words(code)):
        place = folder / name
        if place.is_file() and place.suffix != ".py":
            yield place
        elif place.is_dir() and not list(place.glob("*.py")):
            yield from sorted(path for path in place.rglob("*") if path.is_file())


def _words(code: CodeType) -> set[str]:
    """The constants that may be names of files."""
    constants = {constant for each in _nested(code) for constant in each.co_consts}
    return {each for each in constants if isinstance(each, str) and NAME.fullmatch(each)}


def _names(code: CodeType) -> Iterator[str]:
    return (name for each in _nested(code) for name in each.co_names)


def _nested(code: CodeType) -> Iterator[CodeType]:
    """`code` and that of all functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
