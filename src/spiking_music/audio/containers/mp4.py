"""MP4, M4A and QuickTime: boxes in boxes; an edit list says which decoded samples are the sound."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from spiking_music.audio.source import Part, Source

LARGEST_TABLE = 2**28  # bytes of `moov`, which is read whole; an hour of AAC has a megabyte
FRAGMENTED = b"mvex"  # further samples lie outside of `moov`
PATH = (b"moov", b"trak", b"mdia", b"edts", b"udta", b"meta", b"ilst")
GAPLESS = re.compile(
    rb"iTunSMPB.{0,64}? [0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{16})", re.S
)


@dataclass(frozen=True)
class Box:
    name: bytes
    body: int
    end: int


def mp4_parts(source: Source) -> list[Part]:
    """The first track of sound, of each file if several were joined.

    Raises `DataError` where a box is cut or missing, or there is no sound.
    """
    files: list[tuple[int, dict[bytes, Box]]] = [(0, {})]
    place = 0
    while place < source.size:
        box = _box(source.at(place, 16), place, source.size)
        if box is None:
            raise source.cut("it ends within a box")
        if box.end > source.size:
            raise source.cut_short(box.end - place, source.size - place)
        found = files[-1][1]
        if box.name == b"ftyp" and b"moov" in found:
            files.append((place, found := {}))
        if box.name == b"moov" and box.name in found:
            raise source.unusable("it has two tables of samples, as if files had been joined")
        found.setdefault(box.name, box)
        place = box.end
    ends = [begin for begin, _ in files[1:]] + [source.size]
    return [
        _file(source, begin, end, found) for (begin, found), end in zip(files, ends, strict=True)
    ]


def _file(source: Source, begin: int, end: int, found: dict[bytes, Box]) -> Part:
    moov = found.get(b"moov")
    if moov is None or not (b"mdat" in found or b"moof" in found):
        raise source.cut("its samples or its table of them is missing")
    if moov.end - moov.body > LARGEST_TABLE:
        raise source.unusable("its table of samples has no sensible size")
    start, length = _trimmed(source, source.at(moov.body, moov.end - moov.body))
    return Part(begin, end, "mov", None, (), start, length)


def _box(header: bytes, place: int, end: int) -> Box | None:
    """The box whose header this is, at `place` of something that ends at `end`."""
    if len(header) < 8:
        return None
    size, name = struct.unpack(">I4s", header[:8])
    head = 8
    if size == 1:
        if len(header) < 16:
            return None
        head, size = 16, struct.unpack(">Q", header[8:16])[0]
    elif size == 0:
        size = end - place
    return Box(name, place + head, place + size) if size >= head else None


def _boxes(data: bytes, begin: int, end: int) -> Iterator[Box]:
    while begin < end and (box := _box(data[begin : begin + 16], begin, end)):
        yield Box(box.name, box.body, min(box.end, end))
        begin = box.end


def _trimmed(source: Source, moov: bytes) -> tuple[int, int | None]:
    """(start, length) of the sound of the first track that has any."""
    movie_scale = 0
    for box in _boxes(moov, 0, len(moov)):
        if box.name == b"mvhd":
            movie_scale = _scale(moov, box)
        if box.name == b"trak":
            track = _track(moov, box)
            if track.sound:
                start, length = _edit(source, track, movie_scale)
                if gapless := GAPLESS.search(moov):
                    start, length = int(gapless[1], 16), int(gapless[3], 16)
                return start, length
    raise source.unusable("it holds no sound")


@dataclass
class Track:
    sound: bool = False
    scale: int = 0
    duration: int = 0
    edits: tuple[tuple[int, int], ...] = ()  # (duration in the movie's scale, start in the track's)


def _track(data: bytes, trak: Box) -> Track:
    track, counted = Track(), 0
    todo = [trak]
    while todo:
        parent = todo.pop()
        for box in _boxes(data, parent.body, parent.end):
            if box.name in (b"mdia", b"edts", b"minf", b"stbl"):
                todo.append(box)
            elif box.name == b"stts":
                counted = _counted(data[box.body : box.end])
            elif box.name == b"hdlr":
                track.sound = track.sound or data[box.body + 8 : box.body + 12] == b"soun"
            elif box.name == b"mdhd":
                track.scale, track.duration = _scale(data, box), _duration(data, box)
            elif box.name == b"elst":
                track.edits = tuple(_edits(data[box.body : box.end]))
    if counted and FRAGMENTED not in data:
        track.duration = counted
    return track


def _counted(body: bytes) -> int:
    """The duration of all samples in a box `stts`, which `mdhd` should repeat."""
    count = min(int.from_bytes(body[4:8]), (len(body) - 8) // 8)
    return sum(
        samples * duration
        for samples, duration in struct.iter_unpack(">II", body[8 : 8 + 8 * max(0, count)])
    )


def _scale(data: bytes, box: Box) -> int:
    at = box.body + (20 if data[box.body : box.body + 1] == b"\1" else 12)
    return int.from_bytes(data[at : at + 4])


def _duration(data: bytes, box: Box) -> int:
    wide = data[box.body : box.body + 1] == b"\1"
    at = box.body + (24 if wide else 16)
    return int.from_bytes(data[at : at + (8 if wide else 4)])


def _edits(body: bytes) -> Iterator[tuple[int, int]]:
    layout = struct.Struct(">QqI" if body[:1] == b"\1" else ">IiI")
    count = int.from_bytes(body[4:8])
    for index in range(min(count, (len(body) - 8) // layout.size)):
        duration, start, _ = layout.unpack_from(body, 8 + index * layout.size)
        if start >= 0:  # others are silence before the sound
            yield duration, start


def _edit(source: Source, track: Track, movie_scale: int) -> tuple[int, int | None]:
    """(start, length) of the sound in samples of the track's scale.

    The movie's scale may be coarse: an end within a tick of the track's own end is that end.
    """
    if len(track.edits) > 1:
        raise source.unusable("its edit list puts several pieces together; export it as WAV")
    if not track.edits:
        return 0, track.duration or None
    duration, start = track.edits[0]
    rest = track.duration - start
    if not duration or not movie_scale or rest <= 0:
        return start, max(0, rest) or None
    wanted = round(duration * track.scale / movie_scale)
    tick = track.scale / movie_scale
    return start, rest if rest - wanted <= tick else wanted
