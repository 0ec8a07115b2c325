"""Ways to damage a stream, by accident or on purpose; used by `benchmarks.mutations`."""

import hashlib
import random
import struct
import zlib
from collections.abc import Callable

from benchmarks import mutation_compact as compact

from spiking_music.codec.stream.frame import BLOCK, FRAME_BYTES
from spiking_music.codec.stream.header import FIELDS, HEADER_BYTES, MAGIC, seal
from spiking_music.codec.stream.trailer import END, TRAILER_BYTES

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**63)


def repair(data: bytes) -> bytes:
    """`data` with every checksum right of what looks like header, blocks and trailer."""
    if compact.is_compact(data):
        return compact.repair(data)
    if len(data) < HEADER_BYTES:
        return data
    out = bytearray(data)
    out[:HEADER_BYTES] = seal(data[len(MAGIC) : len(MAGIC) + FIELDS.size])
    stamp = zlib.crc32(out[: HEADER_BYTES - 4])
    at = HEADER_BYTES
    while out[at : at + 2] == BLOCK and at + FRAME_BYTES <= len(out):
        end = at + 16 + struct.unpack_from("<H", out, at + 14)[0]
        if end + 4 > len(out):
            break
        struct.pack_into("<I", out, end, zlib.crc32(out[at:end], stamp))
        at = end + 4
    if out[at : at + 2] == END and at + TRAILER_BYTES <= len(out):
        out[at + 2 : at + 40] = out[len(MAGIC) : HEADER_BYTES - 4]
        out[at + 60 : at + 68] = hashlib.sha256(out[: at + 60]).digest()[:8]
        struct.pack_into("<I", out, at + 68, zlib.crc32(out[at : at + 68], stamp))
    return bytes(out)


def flip_bits(draw: random.Random, data: bytes, other: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    return bytes(out)


def overwrite(draw: random.Random, data: bytes, other: bytes) -> bytes:
    start, size = draw.randrange(len(data)), draw.randint(1, 40)
    filling = draw.choice((draw.randbytes(size), bytes(size), b"\xff" * size))
    return data[:start] + filling + data[start + size :]


def cut(draw: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: draw.randrange(len(data))]


def remove(draw: random.Random, data: bytes, other: bytes) -> bytes:
    start = draw.randrange(len(data))
    return data[:start] + data[start + draw.randint(1, 80) :]


def insert(draw: random.Random, data: bytes, other: bytes) -> bytes:
    start = draw.randint(0, len(data))
    return data[:start] + draw.randbytes(draw.randint(1, 40)) + data[start:]


def parts(data: bytes) -> list[bytes]:
    """Header, blocks, and the rest, which is the trailer of a whole stream."""
    if compact.is_compact(data):
        return compact.parts(data)
    found, at = [data[:HEADER_BYTES]], HEADER_BYTES
    while data[at : at + 2] == BLOCK and at + FRAME_BYTES <= len(data):
        size = FRAME_BYTES + struct.unpack_from("<H", data, at + 14)[0]
        found.append(data[at : at + size])
        at += size
    return [*found, data[at:]]


def reorder(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Parts exchanged, doubled or left out."""
    pieces = parts(data)
    for _ in range(draw.randint(1, 3)):
        i, j = draw.randrange(len(pieces)), draw.randrange(len(pieces))
        change = draw.randrange(3)
        if change == 0:
            pieces[i], pieces[j] = pieces[j], pieces[i]
        elif change == 1:
            pieces.insert(i, pieces[j])
        elif len(pieces) > 1:
            del pieces[i]
    return b"".join(pieces)


def splice(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Parts of another stream, instead of this one's or between them; or any bytes of it."""
    mine, theirs = parts(data), parts(other)
    change = draw.randrange(3)
    if change == 0:
        mine[draw.randrange(len(mine))] = draw.choice(theirs)
    elif change == 1:
        mine.insert(draw.randrange(len(mine) + 1), draw.choice(theirs))
    else:
        return data[: draw.randrange(len(data))] + other[draw.randrange(len(other)) :]
    return b"".join(mine)


def noise(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Random bytes, behind the magic or a header, or with the markers of blocks in them."""
    start = draw.choice((b"", MAGIC, data[:HEADER_BYTES]))
    pieces = (draw.randbytes(draw.randint(1, 30)) for _ in range(draw.randint(0, 8)))
    return start + draw.choice((b"", BLOCK, END)).join(pieces)


def forge(draw: random.Random, data: bytes, other: bytes) -> bytes:
    """Fields with impossible and with extreme values, and payloads of any bits, checksums right."""
    pieces = [bytearray(part) for part in parts(draw.choice((data, splice(draw, data, other))))]
    for _ in range(draw.randint(1, 3)):
        piece = draw.choice(pieces)
        size = draw.choice((1, 2, 4, 8))
        value = draw.choice((draw.getrandbits(64), *EXTREMES)) % (1 << 8 * size)
        if len(piece) >= size:
            at = draw.randrange(len(piece) - size + 1)
            piece[at : at + size] = value.to_bytes(size, "little")
    return repair(b"".join(pieces))


Mutation = Callable[[random.Random, bytes, bytes], bytes]
MUTATIONS: dict[str, Mutation] = {
    "bits flipped": flip_bits,
    "overwritten": overwrite,
    "cut off": cut,
    "removed": remove,
    "inserted": insert,
    "reordered": reorder,
    "spliced": splice,
    "noise": noise,
    "forged": forge,
}
