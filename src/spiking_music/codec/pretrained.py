"""How the files of a model are told from others, and the package's own from all."""

import hashlib
from pathlib import Path

from spiking_music.codec.stream.header import FINGERPRINT_BYTES
from spiking_music.models.shipped import PRETRAINED, TABLES, WEIGHTS, named


def fingerprint_of(weights: Path) -> bytes:
    """First bytes of the SHA-256 of a weights file, then of the tables beside it if there are."""
    digest = hashlib.sha256(weights.read_bytes())
    tables = weights.with_name(TABLES)
    if tables.is_file():
        digest.update(tables.read_bytes())
    return digest.digest()[:FINGERPRINT_BYTES]


def shipped(fingerprint: bytes) -> Path | None:
    """The folder of the model of a fingerprint or its beginning, if it comes with the package."""
    for folder in (PRETRAINED, *(PRETRAINED / name for name in named())):
        weights = folder / WEIGHTS
        if weights.is_file() and fingerprint_of(weights).startswith(fingerprint):
            return folder
    return None


def called(folder: Path) -> str:
    """What `info` calls a model of the package."""
    return "pretrained" if folder == PRETRAINED else f"pretrained: {folder.name}"
