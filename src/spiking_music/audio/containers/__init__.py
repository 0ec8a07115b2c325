"""What a file is, by its first bytes and never by its name, and where its samples lie."""

from collections.abc import Callable
from pathlib import Path

from spiking_music.audio.containers.adts import adts_parts, is_adts
from spiking_music.audio.containers.chunked import au_parts, caf_parts, svx_parts, w64_parts
from spiking_music.audio.containers.flac import flac_parts
from spiking_music.audio.containers.mp4 import mp4_parts
from spiking_music.audio.containers.mpeg import is_mpeg, mpeg_parts
from spiking_music.audio.containers.ogg import ogg_parts
from spiking_music.audio.containers.others import (
    avr_parts,
    endless_parts,
    nist_parts,
    tta_parts,
    voc_parts,
    wavpack_parts,
)
from spiking_music.audio.containers.riff import aiff_parts, wav_parts
from spiking_music.audio.containers.streamed import asf_parts, matroska_parts
from spiking_music.audio.containers.tags import tag_size
from spiking_music.audio.source import Part, Source
from spiking_music.errors import DataError

Parts = Callable[[Source], list[Part]]

# (what is at byte 0, what is at byte `offset`, that offset): who reads it
MAGIC: tuple[tuple[tuple[bytes, ...], tuple[bytes, ...], int, Parts], ...] = (
    ((b"RIFF", b"RIFX", b"RF64", b"BW64"), (b"WAVE",), 8, wav_parts),
    ((b"FORM",), (b"AIFF", b"AIFC"), 8, aiff_parts),
    ((b"FORM",), (b"8SVX", b"16SV"), 8, svx_parts),
    ((b"riff\x2e\x91\xcf\x11",), (b"wave",), 24, w64_parts),
    ((b".snd", b"dns."), (b"",), 0, au_parts),
    ((b"caff",), (b"",), 0, caf_parts),
    ((b"OggS",), (b"",), 0, ogg_parts),
    ((b"",), (b"ftyp", b"moov", b"moof", b"mdat", b"wide"), 4, mp4_parts),
    ((b"\x1a\x45\xdf\xa3",), (b"",), 0, matroska_parts),
    ((b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",), (b"",), 0, asf_parts),
    ((b"wvpk",), (b"",), 0, wavpack_parts),
    ((b"NIST_1A",), (b"",), 0, nist_parts),
    ((b"2BIT",), (b"",), 0, avr_parts),
    ((b"Creative Voice File",), (b"",), 0, voc_parts),
    ((b"PVF1", b" paf", b"fap "), (b"",), 0, endless_parts),
    ((b"\x64\xa3", b"\0\0\xa3\x64", b"\0\1\xa3\x64", b"\0\2\xa3\x64"), (b"",), 0, endless_parts),
)
FOREIGN = {  # recordings that are not read
    b"\x0b\x77": "AC-3",
    b"MAC ": "Monkey's Audio",
    b"DSD ": "DSF",
    b"FRM8": "DSDIFF",
    b"FLV\x01": "Flash video",
    b".RMF": "RealMedia",
    b"#!AMR": "AMR",
    b"MPCK": "Musepack",
    b"MP+": "Musepack",
    b"tBaK": "TAK",
    b"ajkg": "Shorten",
    b"\x7f\xfe\x80\x01": "DTS",
}


def parts(source: Source) -> list[Part]:
    """The streams that follow each other in a recording, most often one.

    Raises `DataError` where the file is no recording that can be read, or is damaged or cut short.
    """
    found = reader_of(source)
    if found is None:
        head = source.at(0, 8)
        name = next((name for magic, name in FOREIGN.items() if head.startswith(magic)), None)
        if name is not None:
            raise DataError(
                f"{source.label} is {name}, which is not read: convert it to WAV or FLAC"
            )
        raise source.unusable("it is no recording of a known format")
    return found(source)


def reader_of(source: Source) -> Parts | None:
    """What finds the samples of a file, None where it is no recording that can be read."""
    head = source.at(0, 64)
    for starts, insides, offset, found in MAGIC:
        if head.startswith(starts) and head[offset:].startswith(insides):
            return found
    begin = tag_size(source.at(0, 64), 0)
    behind = source.at(begin, 8)
    if behind.startswith(b"fLaC"):
        return lambda source: flac_parts(source, begin)
    if behind.startswith(b"TTA1"):
        return lambda source: tta_parts(source, begin)
    if source.size and is_adts(source, begin):
        return adts_parts
    return mpeg_parts if source.size and is_mpeg(source) else None


def is_recording(path: Path) -> bool:
    """Whether a file is a recording, one that is read or not; raises `OSError` if unreadable."""
    with Source(path, "") as source:
        head = source.at(0, 8)
        return head.startswith(tuple(FOREIGN)) or reader_of(source) is not None
