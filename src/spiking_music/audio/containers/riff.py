"""WAV with its 64-bit kin RF64 and BW64, and AIFF: chunks of a name, a size and that many bytes."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from spiking_music.audio.containers.unknown import LARGEST_64, means_unknown, settled
from spiking_music.audio.source import Part, Patch, Source

FULL = 0xFFFFFFFF  # in a 32-bit field: look into ds64, or unknown
AIFF_UNKNOWN = (0x7F000000,)
EXTENSIBLE = 0xFFFE
LIBSNDFILE = {1, 2, 3, 6, 7, 0x11, 0x31}  # PCM, MS ADPCM, float, A- and μ-law, IMA ADPCM, GSM
WHOLE_BYTES = {b"NONE", b"sowt", b"twos", b"raw ", b"fl32", b"FL32", b"fl64", b"FL64"}
WHOLE_BYTES |= {b"in24", b"in32", b"42ni", b"23ni", b"ulaw", b"ULAW", b"alaw", b"ALAW"}


@dataclass(frozen=True)
class Chunk:
    name: bytes
    size: int
    body: int


def chunks(source: Source, begin: int, order: str, padded: bool = True) -> Iterator[Chunk]:
    """The chunks from `begin` on, while there are headers; a size may reach beyond the file."""
    while len(header := source.at(begin, 8)) == 8:
        name, size = struct.unpack(f"{order}4sI", header)
        yield Chunk(name, size, begin + 8)
        begin += 8 + size + (size % 2 if padded else 0)


def wav_parts(source: Source) -> list[Part]:
    """The samples of a WAV, RIFX, RF64 or BW64 file."""
    magic = source.at(0, 4)
    order = ">" if magic == b"RIFX" else "<"
    for padded in (True, False):  # some programs forget the byte that makes an odd chunk even
        if found := _wav(source, order, padded):
            return [found]
    promised = struct.unpack(f"{order}I", source.at(4, 4))[0] + 8
    if source.size < promised != FULL + 8:
        raise source.cut_short(promised, source.size)
    raise source.damaged("it has no chunk 'data'")


def _wav(source: Source, order: str, padded: bool) -> Part | None:
    tag, frame, ds64 = 1, 1, None
    for chunk in chunks(source, 12, order, padded):
        if chunk.name == b"ds64":
            ds64 = chunk
        elif chunk.name == b"fmt ":
            tag, frame = _layout(source.at(chunk.body, 26).ljust(26, b"\0"), order)
        elif chunk.name == b"data" and tag in LIBSNDFILE:
            return _wav_data(source, chunk, order, frame, ds64)
        elif chunk.name == b"data":
            found = _wav_data(source, chunk, order, 1, ds64)
            return Part(0, found.end, "wav", None, found.patches)
    return None


def _layout(layout: bytes, order: str) -> tuple[int, int]:
    """(number of the codec, bytes of a frame) of a chunk `fmt `."""
    tag, frame = struct.unpack(f"{order}H10xH12x", layout)
    if tag == EXTENSIBLE:
        (tag,) = struct.unpack(f"{order}24xH", layout)
    return tag, max(1, frame)


def _wav_data(source: Source, data: Chunk, order: str, frame: int, ds64: Chunk | None) -> Part:
    size, spelled = data.size, means_unknown(data.size, frame)
    wide = ds64 is not None and data.size == FULL
    if ds64 is not None and wide:
        size = struct.unpack("<Q", source.at(ds64.body + 8, 8).ljust(8, b"\0"))[0]
        spelled = means_unknown(size, frame, LARGEST_64)
    end = data.body + size
    followed = _is_chunks(source, end + size % 2, order) or _is_chunks(source, end, order)
    present = source.size - data.body
    wrapped = not wide and size < present and not followed and (present - size) % 2**32 == 0
    length = settled(source, size, data.body, frame, spelled or wrapped, followed)
    if length == size:
        return Part(0, source.size)
    if ds64 is not None and wide:
        return Part(0, source.size, patches=(Patch(ds64.body + 8, struct.pack("<Q", length)),))
    if length >= FULL:  # more than its header can say
        return Part(0, source.size, "wav", patches=(Patch(data.body - 4, b"\xff" * 4),))
    riff = min(FULL, data.body + length - 8)
    sizes = (Patch(4, struct.pack(f"{order}I", riff)),)
    return Part(
        0,
        data.body + length,
        patches=(*sizes, Patch(data.body - 4, struct.pack(f"{order}I", length))),
    )


def _is_chunks(source: Source, begin: int, order: str) -> bool:
    """Whether nothing but whole chunks, or a few zeros, lies from `begin` to the end."""
    place = begin
    for chunk in chunks(source, begin, order):
        if not (chunk.name.isascii() and chunk.name.decode("ascii").isprintable()):
            break
        place = chunk.body + chunk.size
    left = source.size - place
    return (left < 0 and place == begin) or (0 <= left < 8 and not source.at(place, 8).strip(b"\0"))


def aiff_parts(source: Source) -> list[Part]:
    """The samples of an AIFF or AIFF-C file."""
    common, sound = None, None
    for chunk in chunks(source, 12, ">"):
        if chunk.name == b"COMM":
            common = chunk
        elif chunk.name == b"SSND":
            sound = chunk
            if common is not None:
                break
    if common is None or sound is None:
        promised = struct.unpack(">I", source.at(4, 4))[0] + 8
        if source.size < promised:
            raise source.cut_short(promised, source.size)
        raise source.damaged("it has no chunk 'COMM' or 'SSND'")
    channels, frames, bits = struct.unpack(">hIh", source.at(common.body, 8).ljust(8, b"\0"))
    kind = source.at(common.body + 18, 4) if common.size >= 22 else b"NONE"
    frame = max(1, channels * -(-bits // 8))
    spelled = means_unknown(sound.size, frame, AIFF_UNKNOWN) or sound.size == 8
    end = sound.body + sound.size
    followed = sound.size >= 8 and _is_chunks(source, end + sound.size % 2, ">")
    if sound.size == 8 and not frames:
        followed = True
    offset = struct.unpack(">I", source.at(sound.body, 4).ljust(4, b"\0"))[0]
    begin = sound.body + 8 + offset
    length = settled(source, max(0, sound.size - 8 - offset), begin, frame, spelled, followed)
    if begin + length == end:
        if kind in WHOLE_BYTES and frames * frame > length:
            raise source.cut_short(frames, length // frame, "frames")
        return [Part(0, source.size)]
    size = struct.pack(">I", min(FULL, 8 + offset + length))
    count = struct.pack(">I", length // frame)
    form = struct.pack(">I", min(FULL, begin + length - 8))
    patches = (Patch(4, form), Patch(common.body + 2, count), Patch(sound.body - 4, size))
    return [Part(0, begin + length, patches=patches)]
