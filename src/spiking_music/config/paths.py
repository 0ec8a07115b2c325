"""Paths in the configuration: what a shell would make of them, and what commands can take."""

import os
import re
from pathlib import Path

VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)


def expand(path: str) -> str:
    """`path` with `~` and environment variables expanded, so that overlays can be shared.

    A `$` that names nothing is a letter, and so is one in a variable's value. What begins with a
    dash becomes absolute, lest a command take it for an option. `ValueError` for a variable that is
    not set, a user without a home, and characters that no path of a command line can hold.
    """
    if not path.isprintable():
        raise ValueError(f"{path!r} holds a character that cannot be printed: take it out")
    expanded = VARIABLE.sub(_value, path)
    if path.startswith("~"):
        expanded = os.path.expanduser(expanded)  # noqa: PTH111 (Path raises another error)
        if expanded.startswith("~"):
            raise ValueError(f"{path} begins with the home folder of a user that is not known")
    return str(Path.cwd() / expanded) if expanded.startswith("-") else expanded


def _value(match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if name not in os.environ:
        raise ValueError(f"{match.string} names an environment variable that is not set ({name})")
    return os.environ[name]
