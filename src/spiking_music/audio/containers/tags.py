"""Tags that lie before, between and after the frames of MP3, AAC, FLAC and WavPack files."""

import struct
from typing import Protocol


class Bytes(Protocol):
    def __getitem__(self, where: slice, /) -> bytes: ...
    def __len__(self) -> int: ...
    def find(self, what: bytes, begin: int, /) -> int: ...


def tag_size(data: Bytes, place: int) -> int:
    """Bytes of the tag at `place`, 0 where there is none; it may reach beyond the file."""
    head = data[place : place + 32]
    if head[:3] == b"ID3" and len(head) >= 10:
        footer = 10 if head[5] & 0x10 else 0
        size = sum(
            (byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
        )
        return 10 + size + footer
    if head[:8] == b"APETAGEX" and len(head) == 32:
        size, _, flags = struct.unpack("<III", head[12:24])
        return 32 + size if flags & 1 << 29 else 32
    if head[:11] == b"LYRICSBEGIN":
        end = max(data.find(b"LYRICS200", place), data.find(b"LYRICSEND", place))
        return end + 9 - place if end > 0 else 0
    if head[:4] == b"TAG+" and data[place + 227 : place + 230] == b"TAG":
        return 227
    return 128 if head[:3] == b"TAG" else 0


def zeros(data: Bytes, place: int) -> int:
    """How many bytes from `place` on are zero, up to 64 KiB."""
    rest = data[place : place + 2**16]
    return len(rest) - len(rest.lstrip(b"\0"))
