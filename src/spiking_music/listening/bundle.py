"""Modules of plain JavaScript as one script: what a worker runs, which knows no import map.

A module imports by name (`import { a, b } from "codec/range";`) and exports where it declares. All
top-level names share one scope, so no two modules may declare the same: `ValueError` where they do.
"""

import re
from collections.abc import Mapping
from pathlib import Path

IMPORT = re.compile(r'^import \{[^}]*\} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function|let)\b)", re.MULTILINE)
DECLARED = re.compile(r"^(?:async )?(?:class|const|function\*?|let) (\w+|\{[^}]*\}|\[[^\]]*\])", re.MULTILINE)


def bundled(modules: Mapping[str, Path], entry: str) -> str:
    """The text of `entry` after all that it imports, each module once, those it needs before it."""
    parts: dict[str, str] = {}
    _add(entry, {name: path.read_text(encoding="utf-8") for name, path in modules.items()}, parts)
    script = "\n".join(parts.values())
    names = [word for found in DECLARED.findall(script) for word in re.findall(r"\w+", found)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"modules of {entry} declare {', '.join(twice)} twice")
    return f'"use strict";\n{script}'


def _add(name: str, texts: Mapping[str, str], parts: dict[str, str]) -> None:
    text = texts[name]
    for needed in IMPORT.findall(text):
        if needed not in parts:
            _add(needed, texts, parts)
    parts[name] = EXPORT.sub("", IMPORT.sub("", text)).strip() + "\n"
