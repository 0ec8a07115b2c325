"""A stream of any version, opened."""

from typing import BinaryIO

from spiking_music.codec.stream.compact.header import VERSION, Known, unknown
from spiking_music.codec.stream.compact.reader import CompactReader
from spiking_music.codec.stream.header import MAGIC
from spiking_music.codec.stream.payload import EntropyCoder
from spiking_music.codec.stream.reader import StreamReader
from spiking_music.codec.stream.reading import Reader
from spiking_music.codec.stream.source import read_up_to


def open_stream(
    file: BinaryIO, known: Known = unknown, coder: EntropyCoder | None = None
) -> Reader:
    """What reads the stream in `file`; `CodeError` where there is none.

    known: the header of the model that made a compact stream, by its short fingerprint.
    """
    begun = read_up_to(file, len(MAGIC) + 1)
    if begun == MAGIC + bytes([VERSION]):
        return CompactReader(file, known, coder, begun)
    return StreamReader(file, coder, begun)
