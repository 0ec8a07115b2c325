"""How files that we write begin: one of another beginning is not ours, whatever its ending."""

from collections.abc import Callable
from pathlib import Path

HEAD = 4096  # bytes that are looked at


def begins_as(path: Path) -> bool:
    """Whether `path` begins as files of its ending do; endings that tell nothing always do."""
    known = KINDS.get(path.suffix.lower())
    with path.open("rb") as file:
        head = file.read(HEAD)
    return known is None or not head or known(head)


def _one_of(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(beginnings)


def _is_text(head: bytes) -> bool:
    return b"\0" not in head


KINDS: dict[str, Callable[[bytes], bool]] = {
    ".spk": lambda head: head.startswith(b"\x89SPK"),
    ".wav": lambda head: head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE",
    ".flac": lambda head: head.startswith(b"fLaC"),
    ".mid": lambda head: head.startswith(b"MThd"),
    ".midi": lambda head: head.startswith(b"MThd"),
    ".h5": lambda head: head.startswith(b"\x89HDF"),
    ".npz": lambda head: head.startswith(b"PK"),
    ".zip": lambda head: head.startswith(b"PK"),
    ".safetensors": lambda head: head[8:9] == b"{",
    ".png": lambda head: head.startswith(b"\x89PNG"),
    ".pdf": lambda head: head.startswith(b"%PDF"),
    ".svg": _one_of(b"<?xml", b"<svg"),
    ".html": _one_of(b"<!doctype html", b"<html"),
    ".json": _one_of(b"{", b"["),
    ".csv": _is_text,
    ".md": _is_text,
}
