"""Range coding, ended at the shortest string of bytes that decodes.

The words of a range coder are a binary fraction, most significant first. Any fraction inside the
encoder's last interval decodes to the same symbols, and bytes that are not there read as zero; so
the fraction with the fewest bytes is written, at most one byte beyond the ideal code length.

Symbols of larger alphabets are coded by constriction; what a stream relies on in constriction 0.5
is that models round a probability to 24 bits by IEEE float64 arithmetic in a fixed order, that
coding itself is integer arithmetic on 64-bit states and 32-bit words, and that `pos` tells the
interval (lower, range). Events, of which a block has tens of thousands, are coded by the same
arithmetic in `binary_code`.
"""

from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError

WORD, STATE = 32, 64  # bits
Words = NDArray[np.uint32]


def categorical(weights: NDArray[np.uint16]) -> Any:
    """Constriction's model of a symbol 0..K−1 with probabilities weights / sum(weights), (K,)."""
    return constriction.stream.model.Categorical(weights.astype(np.float64), perfect=False)


def encode_rows(rows: NDArray[np.int32], models: list[Any]) -> bytes:
    """The bytes of symbols (rows, T), of which each row has one model of `categorical`."""
    coder = constriction.stream.queue.RangeEncoder()
    for symbols, model in zip(rows, models, strict=True):
        coder.encode(symbols, model)
    words = coder.get_compressed()
    position, (lower, length) = coder.pos()
    return shortest(words, position, lower, length)


def decode_rows(payload: bytes, models: list[Any], steps: int) -> NDArray[np.int32]:
    """The inverse, (rows, `steps`); `CodeError` where no encoder wrote `payload`."""
    coder = constriction.stream.queue.RangeDecoder(words_of(payload))
    try:
        return np.stack([coder.decode(model, steps) for model in models])
    except AssertionError:  # how constriction says that no encoder wrote these words
        raise impossible() from None


def shortest(words: Words, position: int, lower: int, length: int) -> bytes:
    """The fewest bytes inside the interval of `length` from `lower`, which is `position` words in.

    Of the sealed `words` the state's `lower` may have lost a carry: it knows only its last 64 bits.
    """
    if not len(words):
        return b""
    size = WORD * position + STATE  # bits down to the end of the state
    sealed = int.from_bytes(words.astype(">u4").tobytes(), "big") << size - WORD * len(words)
    lower = sealed - (sealed - lower) % (1 << STATE)
    step = length.bit_length()
    while True:
        least = -(-lower >> step) << step  # the first multiple of 2^step from `lower` on
        if least < lower + length:
            return least.to_bytes(size // 8, "big").rstrip(b"\0")
        step -= 1


def words_of(payload: bytes) -> Words:
    """A payload's words, the last one filled with zeros; `CodeError` for an ending of zeros."""
    if payload.endswith(b"\0"):
        raise CodeError("an entropy code never ends in a zero byte: the stream is damaged")
    padded = payload + bytes(-len(payload) % 4)
    return np.frombuffer(padded, dtype=">u4").astype(np.uint32)


def impossible() -> CodeError:
    """The error for words that no encoder writes."""
    return CodeError("an entropy code holds impossible symbols: it is damaged")
