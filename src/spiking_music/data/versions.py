"""Which version of the recordings each split has: what tells the workflow that one has changed."""

import hashlib
from pathlib import Path

from spiking_music.config import DatasetConfig
from spiking_music.data.index import choose
from spiking_music.errors import SpikingMusicError


def versions(dataset: DatasetConfig, seed: int) -> dict[str, str]:
    """{split: digest} where `dataset.path` is a folder; {} else, or if its table is bad.

    The digest changes with a row of the table, and with the size or the time of change of a file
    that it names: contents are not read, as MAESTRO has 101 GB. A file that is replaced by an older
    one is noticed, too.
    """
    root = Path(dataset.path or "")
    if not dataset.path or not root.is_dir():
        return {}
    try:
        table = choose(dataset, seed, download=None)
    except SpikingMusicError:  # which `data index` tells
        return {}
    digests = {}
    for split, rows in table.groupby("split"):
        digest = hashlib.sha256(rows.to_csv(index=False).encode())
        for name in (*rows["audio_filename"], *rows["midi_filename"]):
            digest.update(_stamp(root / name).encode() if name else b"")
        digests[str(split)] = digest.hexdigest()[:16]
    return digests


def _stamp(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return "missing\n"
    return f"{state.st_size} {state.st_mtime_ns}\n"
