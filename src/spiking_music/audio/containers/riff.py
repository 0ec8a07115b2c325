"""WAV with its 64-bit kin RF64 and BW64, and AIFF: chunks of a name, a size and that many bytes."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from spiking_music.audio.containers.unknown import LARGEST_64, means_unknown, settled
from spiking_music.audio.source import Part, Patch, Source

FULL = 0xFFFFFFFF  # in a 32-bit field: look into ds64, or unknown
AIFF_UNKNOWN = (0x7F000000,)
PCM, EXTENSIBLE = 1, 0xFFFE
# PCM, MS ADPCM, float, A- and μ-law, IMA ADPCM, G.723, GSM, NMS ADPCM, G.721
LIBSNDFILE = {PCM, 2, 3, 6, 7, 0x11, 0x14, 0x31, 0x38, 0x40}
LONGEST_LAYOUT = 4096  # bytes of `fmt `; those of PCM have 16 to 40
SECOND = {b"data", b"RIFF", b"RIFX", b"RF64", b"BW64", b"FORM", b"SSND"}
WIDTHS = {  # bytes of a sample where its bits do not tell: they may be those of the decoded one
    **dict.fromkeys((b"raw ", b"ulaw", b"ULAW", b"alaw", b"ALAW"), 1),
    **dict.fromkeys((b"in24", b"42ni"), 3),
    **dict.fromkeys((b"in32", b"23ni", b"fl32", b"FL32"), 4),
    **dict.fromkeys((b"fl64", b"FL64"), 8),
}


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
    layout, ds64 = b"", None
    for chunk in chunks(source, 12, order, padded):
        if chunk.name == b"ds64":
            ds64 = chunk
        elif chunk.name == b"fmt ":
            layout = source.at(chunk.body, min(chunk.size, LONGEST_LAYOUT))
        elif chunk.name == b"data":
            tag, frame, better = _layout(layout, order)
            demuxer = None if tag in LIBSNDFILE else "wav"
            length = _wav_length(source, chunk, order, 1 if demuxer else frame, ds64)
            _refuse_second(source, chunk.body + length, order)
            wide = source.at(0, 4) == b"RF64" and chunk.size == FULL
            plain = padded and better == layout and source.at(0, 4) in (b"RIFF", b"RIFX")
            if (plain and length == chunk.size) or (wide and _ds64(source, ds64) == length):
                return Part(0, source.size, demuxer)
            end = chunk.body + length
            return Part(chunk.body, end, demuxer, head=_head(order, better, length))
    return None


def _layout(layout: bytes, order: str) -> tuple[int, int, bytes]:
    """(number of the codec, bytes of a frame, the chunk `fmt ` itself) as they are meant.

    Samples of 24 bits may have four bytes each, of which the upper ones count. libsndfile takes
    them for three bytes, unless it is told that they are samples of 32 bits.
    """
    tag, channels, frame, bits = struct.unpack(f"{order}HH8xHH10x", layout[:26].ljust(26, b"\0"))
    if tag == EXTENSIBLE:
        (tag,) = struct.unpack(f"{order}H", layout[24:26].ljust(2, b"\0"))
    width = frame // channels if channels and frame % channels == 0 else 0
    if tag == PCM and 0 < -(-bits // 8) < width <= 4:
        layout = layout[:14] + struct.pack(f"{order}H", 8 * width) + layout[16:]
    return tag, max(1, frame), layout


def _head(order: str, layout: bytes, length: int) -> bytes:
    """A header that every reader understands, to stand before `length` bytes of samples."""
    fmt = b"fmt " + struct.pack(f"{order}I", len(layout)) + layout
    if length + len(fmt) + 20 < FULL:
        sizes = (struct.pack(f"{order}I", size) for size in (12 + len(fmt) + length, length))
        name = b"RIFX" if order == ">" else b"RIFF"
        return name + next(sizes) + b"WAVE" + fmt + b"data" + next(sizes)
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 48 + len(fmt) + length, length, 0, 0)
    full = struct.pack("<I", FULL)
    return b"RF64" + full + b"WAVE" + ds64 + fmt + b"data" + full


def _ds64(source: Source, chunk: Chunk | None) -> int:
    """Bytes of samples that the chunk `ds64` tells."""
    body = source.at(chunk.body + 8, 8) if chunk else b""
    return int.from_bytes(body, "little")


def _refuse_second(source: Source, end: int, order: str) -> None:
    """`DataError` where further samples lie in chunks behind `end`."""
    for begin in {end, end + end % 2}:
        if _is_chunks(source, begin, order):
            for chunk in chunks(source, begin, order):
                if chunk.name in SECOND:
                    raise source.unusable(
                        f"more samples follow at byte {chunk.body}, as if files had been joined; "
                        "split it"
                    )


def _wav_length(source: Source, data: Chunk, order: str, frame: int, ds64: Chunk | None) -> int:
    """Bytes of samples in the chunk `data`."""
    size, spelled = data.size, means_unknown(data.size, frame)
    wide = ds64 is not None and data.size == FULL
    if ds64 is not None and wide:
        size = _ds64(source, ds64)
        spelled = means_unknown(size, frame, LARGEST_64)
    end = data.body + size
    followed = _is_chunks(source, end + size % 2, order) or _is_chunks(source, end, order)
    present = source.size - data.body
    wrapped = not wide and size < present and not followed and (present - size) % 2**32 == 0
    return settled(source, size, data.body, frame, spelled or wrapped, followed)


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
    frame = max(1, channels * WIDTHS.get(kind, -(-bits // 8)))
    spelled = means_unknown(sound.size, frame, AIFF_UNKNOWN) or sound.size == 8
    end = sound.body + sound.size
    followed = sound.size >= 8 and _is_chunks(source, end + sound.size % 2, ">")
    offset = struct.unpack(">I", source.at(sound.body, 4).ljust(4, b"\0"))[0]
    begin = sound.body + 8 + offset
    length = settled(source, max(0, sound.size - 8 - offset), begin, frame, spelled, followed)
    if begin + length == end:
        _refuse_second(source, end, ">")
        if kind in (b"NONE", b"sowt", b"twos", *WIDTHS) and frames * frame > length:
            raise source.cut_short(frames, length // frame, "frames")
        return [Part(0, source.size)]
    size = struct.pack(">I", min(FULL, 8 + offset + length))
    count = struct.pack(">I", length // frame)
    form = struct.pack(">I", min(FULL, begin + length - 8))
    patches = (Patch(4, form), Patch(common.body + 2, count), Patch(sound.body - 4, size))
    return [Part(0, begin + length, patches=patches)]
