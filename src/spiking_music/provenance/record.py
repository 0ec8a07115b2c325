"""Records of what made a result: `<results>/provenance/<path of the result>.json`.

A record names its output (path, SHA-256, bytes), the command, what it read (`inputs`), the version
of the clips and onsets behind it (`data`), the configuration of this step and all before it, code,
`modules` (what this step has used of it), software, hardware and time. `configuration`, `data` and
the code of earlier steps come from the records of the inputs, so that a record speaks for itself
after those have been replaced.

Records are no outputs of rules: they hold times and machines, in which equal runs differ.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from spiking_music import files
from spiking_music.errors import DataError
from spiking_music.provenance import environment, modules

VARIABLE = "SPIKING_MUSIC_PROVENANCE"  # folder of the records; without it, none is written
FOLDER = "provenance"
DATA = (["data", "clips"], ["data", "onsets"])  # whose outputs are the version of the data

Record = dict[str, Any]


@contextmanager
def recorded(arguments: Sequence[str]) -> Iterator[None]:
    """Run a verb, which ends in `SystemExit`, and record what it wrote below `VARIABLE`'s parent.

    Inputs are the files that the command line names and that are there when it starts, and those
    that the verb tells of (`files.READ`). Nothing is recorded where the variable is unset or the
    verb fails.
    """
    if not os.environ.get(VARIABLE):
        yield
        return
    records = Path(os.environ[VARIABLE])
    named = [Path(word) for word in arguments if not word.startswith(("-", "{"))]
    inputs = [path for path in named if path.is_file()]
    began, clock = datetime.now(UTC), time.monotonic()
    try:
        yield
    except SystemExit as end:
        if not end.code:
            seconds = time.monotonic() - clock
            about = {"began": began.isoformat(timespec="seconds"), "seconds": round(seconds, 3)}
            _write(records, arguments, [*inputs, *files.READ], about)
        raise


def find(path: Path) -> tuple[Path, Record]:
    """The record of the result `path` and the folder its names start from; `DataError` if none."""
    for root in path.absolute().parents:
        record = _place(root / FOLDER, path.absolute().relative_to(root))
        if record.is_file():
            return root, _read(record)
    raise DataError(
        f"'{path}' has no record of what made it: name a result that the workflow wrote"
    )


def records_of(results: Path) -> dict[str, Record]:
    """All records of a folder of results, by the names of these: paths from the folder on.

    Raises `DataError` where there are none, or one is damaged.
    """
    found = [_read(path) for path in sorted((results / FOLDER).rglob("*.json"))]
    if not found:
        raise DataError(f"'{results}' has no records: name a folder of results of the workflow")
    return {record["output"]: record for record in found}


def own_configuration(record: Record) -> Record:
    """The configuration that the step of a record was given, without that of steps before it."""
    return _own(record["command"])


def digest(path: Path) -> str:
    """SHA-256 of the bytes of `path`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(records: Path, arguments: Sequence[str], inputs: list[Path], about: Record) -> None:
    from spiking_music.config import merge  # here, as it takes a while to import

    root = records.absolute().parent
    written = {path.absolute() for path in files.WRITTEN if path.is_file()}
    outputs = sorted(path for path in written if path.is_relative_to(root))
    if not outputs:
        return
    read = {path.absolute(): digest(path) for path in inputs if path.absolute() not in written}
    made = {_name(path, root): digest(path) for path in outputs}
    record: Record = {
        "command": ["spiking-music", *arguments],
        **about,
        "inputs": {_name(path, root): value for path, value in read.items()},
        **_inherited(records, root, read),
        "code": environment.code(),
        "modules": modules.used(),
        "software": environment.software(),
        "hardware": environment.hardware(),
    }
    record["configuration"] = merge(record["configuration"], _own(arguments))
    if [*arguments[:2]] in DATA:
        record["data"] |= made
    for path, (name, value) in zip(outputs, made.items(), strict=True):
        this = {"output": name, "sha256": value, "bytes": path.stat().st_size}
        with files.atomic(_place(records, Path(name))) as temporary:
            temporary.write_text(json.dumps(this | record, indent=1) + "\n", encoding="utf-8")


def _inherited(records: Path, root: Path, read: dict[Path, str]) -> Record:
    """Configuration, data and code of the steps that made what was read."""
    from spiking_music.config import merge

    merged: Record = {"configuration": {}, "data": {}, "earlier_code": []}
    for path, value in read.items():
        place = _place(records, path.relative_to(root)) if path.is_relative_to(root) else None
        record = _read(place) if place and place.is_file() else None
        if record is None or record["sha256"] != value:  # nobody knows what made these bytes
            continue
        for key in ("configuration", "data"):
            merged[key] = merge(merged[key], record[key])
        for code in (*record["earlier_code"], record["code"]):
            if code not in merged["earlier_code"]:
                merged["earlier_code"].append(code)
    return merged


def _own(arguments: Sequence[str]) -> Record:
    """The configuration that the command line hands to the verb."""
    from spiking_music.config import read

    return read(value for option, value in pairwise(arguments) if option == "--config")


def _read(record: Path) -> Record:
    try:
        loaded: Record = json.loads(record.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"record '{record}' is damaged ({error}): run its rule again") from None
    return loaded


def _place(records: Path, name: Path) -> Path:
    return records / name.with_name(f"{name.name}.json")


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
