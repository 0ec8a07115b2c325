"""Files that are read over and over, copied to where reading is fast: a node's own disk."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from spiking_music.files import writing

VARIABLE = "SPIKING_MUSIC_SCRATCH"  # a folder; set from slurm/site.yaml for jobs of a cluster


@contextmanager
def copies(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Copies of `paths` in the folder that `VARIABLE` names, which go in the end; else themselves.

    Raises `OutputError` where they cannot be written.
    """
    folder = os.environ.get(VARIABLE)
    if not folder:
        yield list(paths)
        return
    with writing(place := Path(folder)):
        place.mkdir(parents=True, exist_ok=True)
        own = tempfile.TemporaryDirectory(prefix="spiking-music-", dir=place)
    with own as name:
        copied = [Path(name, f"{number}-{path.name}") for number, path in enumerate(paths)]
        for path, copy in zip(paths, copied, strict=True):
            with writing(copy):
                shutil.copyfile(path, copy)
        yield copied
