"""Range coding by constriction, ended at the shortest string of bytes that decodes.

The words of constriction's `RangeEncoder` are a binary fraction, most significant first. Any
fraction inside the encoder's last interval decodes to the same symbols, and bytes that are not
there read as zero; so the fraction with the fewest bytes is written, at most one byte beyond the
ideal code length.

What a stream relies on in constriction 0.5: models round a probability to 24 bits (exact for
k / 65536 up to the 2^-24 that keeps both symbols possible) by IEEE float64 arithmetic in a fixed
order; coding itself is integer arithmetic on 64-bit states and 32-bit words; `pos` tells the
interval (lower, range).
"""

from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.entropy.integers import Probabilities
from spiking_music.errors import CodeError

WORD, STATE = 32, 64  # bits
BERNOULLI = constriction.stream.model.Bernoulli(perfect=False)


def categorical(weights: NDArray[np.uint16]) -> Any:
    """Constriction's model of a symbol 0..K−1 with probabilities weights / sum(weights), (K,)."""
    return constriction.stream.model.Categorical(weights.astype(np.float64), perfect=False)


class Encoder:
    """Symbols in, one string of bytes out."""

    def __init__(self) -> None:
        self._coder = constriction.stream.queue.RangeEncoder()

    def bernoulli(self, symbols: NDArray[np.int32], p: Probabilities) -> None:
        """Append binary symbols (M,) whose probabilities of a one are p (M,)."""
        self._coder.encode(symbols, BERNOULLI, p)

    def categorical(self, symbols: NDArray[np.int32], model: Any) -> None:
        """Append symbols (M,) that share one model of `categorical`."""
        self._coder.encode(symbols, model)

    def finish(self) -> bytes:
        """The shortest bytes that decode to what was appended."""
        words = self._coder.get_compressed()
        if not len(words):
            return b""
        position, (lower, length) = self._coder.pos()
        size = WORD * position + STATE  # bits down to the end of the state
        sealed = int.from_bytes(words.astype(">u4").tobytes(), "big") << size - WORD * len(words)
        lower = sealed - (sealed - lower) % (1 << STATE)  # the state knows only its last 64 bits
        step = length.bit_length()
        while True:
            shortest = -(-lower >> step) << step  # the first multiple of 2^step from `lower` on
            if shortest < lower + length:
                return shortest.to_bytes(size // 8, "big").rstrip(b"\0")
            step -= 1


class Decoder:
    """The symbols of what `Encoder.finish` wrote; of other bytes any symbols or `CodeError`."""

    def __init__(self, payload: bytes) -> None:
        if payload.endswith(b"\0"):
            raise CodeError("an entropy code never ends in a zero byte: the stream is damaged")
        padded = payload + bytes(-len(payload) % 4)
        words = np.frombuffer(padded, dtype=">u4").astype(np.uint32)
        self._coder = constriction.stream.queue.RangeDecoder(words)

    def bernoulli(self, p: Probabilities) -> NDArray[np.int32]:
        """Binary symbols (M,) whose probabilities of a one are p (M,)."""
        return self._decode(BERNOULLI, p)

    def categorical(self, model: Any, count: int) -> NDArray[np.int32]:
        """Symbols (count,) that share one model of `categorical`."""
        return self._decode(model, count)

    def _decode(self, *arguments: Any) -> NDArray[np.int32]:
        try:
            return self._coder.decode(*arguments)
        except AssertionError:  # how constriction says that no encoder wrote these words
            raise CodeError("an entropy code holds impossible symbols: it is damaged") from None
