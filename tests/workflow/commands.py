"""The commands that the rules would run, one of each verb and set of keys."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spiking_music.config.reading import TABLES
from tests.workflow.conftest import run_snakemake
from tests.workflow.small import write_overlay


def verb(argv: list[str]) -> str:
    return " ".join(argv[:2])


def commands(folder: Path, *targets: str, **overlay: Any) -> dict[str, list[str]]:
    """One command of each verb and set of keys, as the rules would run it."""
    (folder / "more.json").write_text(json.dumps(overlay))
    overlays = (*write_overlay(folder), str(folder / "more.json"))
    done = run_snakemake(folder, "-n", "-p", "--forceall", *targets, overlays=overlays)
    assert done.code == 0, done.said
    found = {}
    for line in re.findall(r"spiking-music (.*?) 2>&1", done.said):
        argv = shlex.split(line)
        found[f"{verb(argv)} {sorted(handed(argv))} {'--weights' in argv}"] = argv
    return found


def handed(argv: list[str]) -> set[str]:
    """The keys in the configuration of a command; rows of tables without their names."""
    if "--config" not in argv:
        return set()
    values = json.loads(argv[argv.index("--config") + 1])
    found = set()
    for path in _leaves(values):
        if path[-1] == "kind":  # which class it is
            continue
        if path[0] in TABLES.values():
            found.add(".".join([path[0], *path[2:]]))
        elif path[0] != "variants":  # names of rows
            found.add(".".join(path))
        elif path[2] == "seed":
            found.add("seed")
    return found


def _leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)
