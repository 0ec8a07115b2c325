"""W64, AU, CAF and 8SVX: headers that say how many bytes of samples follow."""

import struct

from spiking_music.audio.containers.riff import chunks
from spiking_music.audio.containers.unknown import LARGEST_64, means_unknown, settled
from spiking_music.audio.source import Part, Patch, Source

W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # of the GUIDs of its chunks
AU_BITS = {1: 8, 2: 8, 3: 16, 4: 24, 5: 32, 6: 32, 7: 64, 27: 8}  # by encoding


def w64_parts(source: Source) -> list[Part]:
    """The samples of a Sony Wave64 file; sizes hold their own 24 bytes of header."""
    place, frame = 40, 1
    while len(header := source.at(place, 24)) == 24:
        name, size = header[:4], struct.unpack("<Q", header[16:])[0]
        if name == b"fmt ":
            frame = max(1, *struct.unpack("<H", source.at(place + 36, 2).ljust(2, b"\0")))
        if header[:16] == b"data" + W64_TAIL:
            unknown = size <= 24 or means_unknown(size, frame, LARGEST_64)
            promised = max(0, size - 24)
            next_chunk = place + size + -size % 8
            followed = next_chunk >= source.size or source.at(next_chunk + 4, 12) == W64_TAIL
            length = settled(source, promised, place + 24, frame, unknown, followed)
            if length == promised and (next_chunk >= source.size or followed):
                return [Part(0, source.size)]
            end = place + 24 + length
            sizes = (Patch(16, struct.pack("<Q", end)), Patch(place + 16, _u64(24 + length)))
            return [Part(0, end, patches=sizes)]
        place += max(24, size + -size % 8)
    promised = struct.unpack("<Q", source.at(16, 8).ljust(8, b"\0"))[0]
    if source.size < promised < 2**62:
        raise source.cut_short(promised, source.size)
    raise source.damaged("it has no chunk 'data'")


def _u64(size: int) -> bytes:
    return struct.pack("<Q", size)


def au_parts(source: Source) -> list[Part]:
    """The samples of a Sun/NeXT .au file."""
    header = source.at(0, 24)
    order = ">" if header[:4] == b".snd" else "<"
    if len(header) < 24:
        raise source.cut_short(24, len(header))
    begin, size, encoding, _, channels = struct.unpack(f"{order}5I", header[4:])
    frame = max(1, AU_BITS.get(encoding, 8) // 8 * channels)
    if begin > source.size:
        raise source.cut_short(begin, source.size)
    empty = size == 0 and begin == source.size
    length = settled(source, size, begin, frame, means_unknown(size, frame), empty)
    if length == size:
        return [Part(0, source.size)]
    if length >= 0xFFFFFFFF:
        return [Part(0, source.size, "au")]
    return [Part(0, begin + length, patches=(Patch(8, struct.pack(f"{order}I", length)),))]


def caf_parts(source: Source) -> list[Part]:
    """The samples of a Core Audio file; FFmpeg reads the codecs that libsndfile does not know."""
    place, frame, kind, table = 8, 1, b"", b""
    data: Part | None = None
    while len(header := source.at(place, 12)) == 12:
        name, size = struct.unpack(">4sq", header)
        body = place + 12
        if name == b"desc":
            kind = source.at(body + 8, 4)
            frame = max(1, *struct.unpack(">I", source.at(body + 16, 4).ljust(4, b"\0")))
        elif name == b"pakt":
            table = source.at(body, 24)
        elif name == b"data":
            data, size = _caf_data(source, body, size, frame)
        if size < 0 or body + size > source.size:
            raise source.cut_short(size, source.size - body)
        place = body + size
    if data is None:
        raise source.cut("its samples are missing")
    if kind in (b"lpcm", b"ulaw", b"alaw"):
        return [data]
    if len(table) < 24:
        raise source.cut("its table of packets is missing")
    _, frames, priming, _ = struct.unpack(">qqii", table)
    return [Part(0, data.end, "caf", frames, data.patches, max(0, priming), max(0, frames))]


def _caf_data(source: Source, body: int, size: int, frame: int) -> tuple[Part, int]:
    """The samples and the size of their chunk, which starts with four bytes that are none."""
    unknown = size in (-1, 0, 4) or means_unknown(size % 2**64, frame, LARGEST_64)
    promised = max(0, size - 4) if size >= 0 else 2**64
    followed = promised > 0 or body + 4 >= source.size  # which is looked at next
    length = settled(source, promised, body + 4, frame, unknown, followed)
    if length == size - 4:
        return Part(0, source.size), size
    end = body + 4 + length
    return Part(0, end, patches=(Patch(body - 8, struct.pack(">q", 4 + length)),)), 4 + length


def svx_parts(source: Source) -> list[Part]:
    """The samples of an Amiga 8SVX or 16SV file."""
    for chunk in chunks(source, 12, ">"):
        if chunk.name == b"BODY":
            if chunk.body + chunk.size > source.size:
                raise source.cut_short(chunk.size, source.size - chunk.body)
            return [Part(0, source.size)]
    raise source.cut("it has no chunk 'BODY'")
