"""Blocks of codes that continue one another, by a method that can go on where it stopped."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.codec.entropy.tables import ModelState
from spiking_music.errors import CodeError
from spiking_music.rangecoder.binary_code import EventDecoder, encode_events
from spiking_music.rangecoder.probabilities import bits_of

SLACK = (
    24  # bits: the last byte is at most 8 beyond the ideal; the rest is for rounded probabilities
)


class CodeChain(NamedTuple):
    """The state between two blocks; see `codec.stream.Chain`."""

    state: ModelState

    def encode(self, codes: ArrayLike) -> "tuple[bytes, CodeChain] | None":
        """Codes (N, T) → payload and the next state; None where the method cannot code them."""
        found = self.state.predict(np.asarray(codes, np.uint8))
        if found is None:
            return None
        predicted, after = found
        return encode_events(*predicted), CodeChain(after)

    def decode(self, payload: bytes, steps: int) -> "tuple[NDArray[np.uint8], CodeChain]":
        """The inverse; `CodeError` where `payload` is not what `encode` writes."""
        decoded, after = self.state.decode(EventDecoder(payload), steps)
        require_length(payload, bits_of(decoded.symbols, decoded.k))
        return decoded.z, CodeChain(after)


def require_length(body: bytes, ideal: float) -> None:
    """`CodeError` where a code is longer than symbols of so many bits can be."""
    if 8 * len(body) > ideal * 1.001 + SLACK:
        raise CodeError("an entropy code is longer than its symbols: the stream is damaged")
