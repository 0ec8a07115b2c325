"""`.spk` streams: codes of a recording as bytes that can be written to and read from a pipe.

docs/stream-format.md describes them byte by byte. `StreamWriter` takes blocks of codes,
`StreamReader` gives them back or, where bytes were damaged, salvages what is whole; `summary` tells
what a stream is without its model. Whatever a stream holds, reading it raises nothing but
`CodeError` and needs memory for one block.
"""

from spiking_music.codec.stream.blocks import Block, Lost
from spiking_music.codec.stream.frame import stored_gain
from spiking_music.codec.stream.header import Header
from spiking_music.codec.stream.payload import EntropyCoder
from spiking_music.codec.stream.reader import StreamReader
from spiking_music.codec.stream.summary import Summary, summary
from spiking_music.codec.stream.trailer import Trailer
from spiking_music.codec.stream.writer import StreamWriter

__all__ = [
    "Block",
    "EntropyCoder",
    "Header",
    "Lost",
    "StreamReader",
    "StreamWriter",
    "Summary",
    "Trailer",
    "stored_gain",
    "summary",
]
