"""Records as text."""

import hashlib
import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import yaml

from spiking_music.errors import DataError
from spiking_music.provenance.record import FOLDER, Record, digest, find

SHORT = 12  # digits of a digest


def describe(path: Path) -> str:
    """All that is known of the result `path`, and whether it is still what was recorded."""
    root, record = find(path)
    lines = [f"{path}: {_state(root, record)}"]
    lines += [f"  {key:<9} {value}" for key, value in _facts(root, record)]
    settings = yaml.safe_dump(record["configuration"], sort_keys=False, default_flow_style=None)
    lines += ["  configuration", *(f"    {line}" for line in settings.splitlines())]
    return "\n".join(lines)


def list_records(folder: Path) -> str:
    """A line for each recorded result below `folder`; `DataError` where there is none."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    lines = []
    for path in paths:
        if FOLDER in path.parts:
            continue
        try:
            root, record = find(path)
        except DataError:  # a log, say
            continue
        code = _code(record["code"])
        lines.append(f"{path}: {_state(root, record)}, {record['began']}, {code}")
    if not lines:
        raise DataError(f"'{folder}' holds no recorded result: name one that the workflow wrote")
    return "\n".join(lines)


def _state(root: Path, record: Record) -> str:
    path, recorded = root / record["output"], record["sha256"]
    if not path.is_file():
        return f"missing (was {recorded[:SHORT]})"
    now = digest(path)
    if now != recorded:
        return f"CHANGED since it was made (was {recorded[:SHORT]}, is {now[:SHORT]})"
    return f"as it was made ({recorded[:SHORT]}, {record['bytes']} bytes)"


def _facts(root: Path, record: Record) -> Iterator[tuple[str, str]]:
    when = datetime.fromisoformat(record["began"]).strftime("%Y-%m-%d %H:%M:%S %Z")
    yield "made", f"{when}, in {record['seconds']:.1f} s"
    words = [word if not word.startswith("{") else "…" for word in record["command"]]
    yield "by", shlex.join(words).replace("'…'", "…")
    yield "seed", str(record["configuration"].get("seed", "none: nothing is drawn"))
    versions = _versions(record["data"])
    yield "data", ", ".join(f"{name} {version}" for name, version in versions) or "none"
    yield "code", _code(record["code"])
    for code in record["earlier_code"]:
        if code != record["code"]:
            yield "", f"earlier steps: {_code(code)}"
    yield "software", ", ".join(f"{name} {value}" for name, value in record["software"].items())
    yield "hardware", _hardware(record["hardware"])
    for number, (name, value) in enumerate(record["inputs"].items()):
        yield "" if number else "from", f"{name} {value[:SHORT]}{_replaced(root / name, value)}"


def _replaced(path: Path, value: str) -> str:
    if not path.is_file():
        return " (missing now)"
    return "" if digest(path) == value else " (another one now)"


def _versions(data: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(clips/train, one digest over all its shards), and so on."""
    groups: dict[str, list[str]] = {}
    for name, value in sorted(data.items()):
        groups.setdefault(re.sub(r"(-\d+)?\..*", "", name), []).append(value)
    for name, values in groups.items():
        yield name, hashlib.sha256("".join(values).encode()).hexdigest()[:SHORT]


def _code(code: dict[str, str]) -> str:
    commit = code.get("commit", "none")
    return f"version {code['version']}, commit {commit}, source {code['source'][:SHORT]}"


def _hardware(machine: Record) -> str:
    gpus = ", ".join(machine["gpus"]) or "no GPU in use"
    return (
        f"{machine['processor']}, {machine['cores']} cores, threads: {machine['threads']}, "
        f"{machine['memory_gib']} GiB, {gpus}, {machine['system']}"
    )
