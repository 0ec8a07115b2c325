"""Modules of plain JavaScript as one script: what a worker runs, which knows no import map.

A module imports by name (`import { a, b } from "codec/range";`, on one line) and exports where it
declares; each becomes a function that returns what it exports, so that all else is its own.
"""

import re
from collections.abc import Mapping
from pathlib import Path

IMPORT = re.compile(r'^import (\{[^}]*\}) from "([^"]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:class|const|function\*?) (\w+))", re.MULTILINE)


def bundled(modules: Mapping[str, Path], entry: str) -> str:
    """The text of `entry` after all that it imports, each module once, those it needs before it.

    `KeyError` where a module is missing.
    """
    parts: dict[str, str] = {}
    _add(entry, {name: path.read_text(encoding="utf-8") for name, path in modules.items()}, parts)
    return "\n".join(['"use strict";', "const modules = {};", *parts.values()])


def _add(name: str, texts: Mapping[str, str], parts: dict[str, str]) -> None:
    text = texts[name]
    for _, needed in IMPORT.findall(text):
        if needed not in parts:
            _add(needed, texts, parts)
    exported = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(r'const \1 = modules["\2"];', text)).strip()
    parts[name] = f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();'
