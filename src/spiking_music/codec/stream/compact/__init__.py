"""Streams of version 2: few bytes of overhead, and blocks in parts that continue one another.

Shape of the codes and the sample rate are the model's, which the fingerprint names.
"""

from spiking_music.codec.stream.compact.header import CompactHeader, Known
from spiking_music.codec.stream.compact.reader import CompactReader
from spiking_music.codec.stream.compact.writer import CompactWriter

__all__ = ["CompactHeader", "CompactReader", "CompactWriter", "Known"]
