"""`.spk` streams: codes of a recording as bytes that can be written to and read from a pipe.

docs/stream-format.md describes them byte by byte. `CompactWriter` (version 2) and `StreamWriter`
(version 1) take blocks of codes, and the reader of `open_stream` gives them back or, where bytes
were damaged, salvages what is whole; `summary` tells what a stream is. Whatever a stream holds,
reading it raises nothing but `CodeError` and needs memory for one block.
"""

from spiking_music.codec.stream.blocks import Block, Lost
from spiking_music.codec.stream.compact import CompactHeader, CompactReader, CompactWriter, Known
from spiking_music.codec.stream.frame import stored_gain
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.opened import open_stream
from spiking_music.codec.stream.payload import Chain, EntropyCoder
from spiking_music.codec.stream.reader import StreamReader
from spiking_music.codec.stream.reading import Reader
from spiking_music.codec.stream.summary import Summary, summary
from spiking_music.codec.stream.trailer import Trailer
from spiking_music.codec.stream.writer import StreamWriter

__all__ = [
    "Block",
    "Chain",
    "CompactHeader",
    "CompactReader",
    "CompactWriter",
    "EntropyCoder",
    "Header",
    "Known",
    "Lost",
    "Reader",
    "StreamReader",
    "StreamWriter",
    "Summary",
    "Trailer",
    "open_stream",
    "stored_gain",
    "summary",
]
