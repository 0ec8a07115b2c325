"""Files that appear whole or not at all."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd


@contextmanager
def atomic(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, delete it on any failure.

    The suffix is kept, because libraries choose a format by it. A file or a folder may be made.
    A rename within one folder is atomic on POSIX, so a reader sees the old, the new or no file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".partial-{os.getpid()}-{path.name}")
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def wrote(*paths: Path | str) -> None:
    """Tell the user on stderr what was written and where."""
    for path in paths:
        print(f"wrote {path}", file=sys.stderr)


def write_csv(table: pd.DataFrame, path: Path | str) -> None:
    """Write `table` without its index; floats keep nine significant digits (float32 round-trips)."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g")
    wrote(path)


def write_json(value: Any, path: Path | str) -> None:
    """Write `value` as indented JSON with sorted keys, so that equal values are equal bytes."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
    wrote(path)
