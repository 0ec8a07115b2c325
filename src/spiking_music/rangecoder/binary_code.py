"""Range coding of events: constriction's arithmetic, compiled into the loops that predict them.

A call of constriction a step, or a float64 a symbol, cost more time than all the rest; the bytes
are those of its `RangeEncoder` with `Bernoulli(k / 65536, perfect=False)`, which tests compare. A
state is an interval (lower, length) of 64 bits; a symbol takes the part of it above (one) or below
(zero) `split(k)` / 2^24, and where 32 bits are left, a word of them is moved out.
"""

import numpy as np
from numba import uint64
from numpy.typing import NDArray

from spiking_music.rangecoder.compiled import compiled, inner
from spiking_music.rangecoder.range_code import impossible, shortest, words_of

PRECISION = 24  # bits of a probability inside the coder
SPLIT = (1 << PRECISION) - 2
MOST = 2**64 - 1
LOWER, LENGTH, POINT, PLACE, WRONG = range(5)  # of a decoder's state
_24, _32, _LEAST, _ONE = uint64(PRECISION), uint64(32), uint64(1 << 32), uint64(1)
State = NDArray[np.uint64]


def encode_events(symbols: NDArray[np.int32], k: NDArray[np.uint16]) -> bytes:
    """The bytes of binary symbols (M,) whose probabilities of a one are k / 65536, (M,)."""
    words = np.empty(len(symbols) + 2, dtype=np.uint32)  # a symbol moves out a word at most
    position, lower, length = _encode(symbols, k, words)
    words[position : position + 2] = lower >> 32, lower & 0xFFFFFFFF
    sealed = words[: position + 2] if len(symbols) else words[:0]
    return shortest(sealed, int(position), int(lower), int(length))


class EventDecoder:
    """What `encode_events` wrote, for `take` in compiled loops: `words` and the running `state`.

    Other bytes give other symbols; `check` afterwards says so where it shows.
    """

    def __init__(self, payload: bytes) -> None:
        self.words = np.concatenate([words_of(payload), np.zeros(2, np.uint32)])
        point = int(self.words[0]) << 32 | int(self.words[1])
        self.state: State = np.array([0, MOST, point, 2, 0], dtype=np.uint64)

    def decode(self, k: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Symbols (M,) whose probabilities of a one are k / 65536, (M,)."""
        symbols = np.empty(len(k), dtype=np.int32)
        _decode(self.words, self.state, k, symbols)
        self.check()
        return symbols

    def check(self) -> None:
        """`CodeError` where a symbol so far was none that an encoder writes."""
        if self.state[WRONG]:
            raise impossible()


@inner(inline="always")
def split(k):  # type: ignore[no-untyped-def]
    """Where the ones begin, in 2^-24: constriction's rounding, by which 0 < split < 2^24."""
    return ((uint64(65536) - uint64(k)) * uint64(SPLIT) >> uint64(16)) + _ONE


@inner()
def take(words, state, k):  # type: ignore[no-untyped-def]
    """The next symbol, a one of probability k / 65536."""
    scale = state[LENGTH] >> _24
    below = scale * split(k)
    offset = state[POINT] - state[LOWER]
    symbol = offset >= below
    if symbol:
        if offset >= scale << _24:  # the sliver that rounding leaves above every symbol
            state[WRONG] = _ONE
        state[LOWER] += below
        state[LENGTH] = (scale << _24) - below
    else:
        state[LENGTH] = below
    if state[LENGTH] < _LEAST:
        place = state[PLACE]
        word = uint64(words[place]) if place < uint64(len(words)) else uint64(0)
        state[LOWER] <<= _32
        state[LENGTH] <<= _32
        state[POINT] = state[POINT] << _32 | word
        state[PLACE] = place + _ONE
    return symbol


@compiled()
def _decode(words, state, k, symbols):  # type: ignore[no-untyped-def]
    for i in range(len(k)):
        symbols[i] = take(words, state, k[i])


@compiled()
def _encode(symbols, k, words):  # type: ignore[no-untyped-def]
    """Fill `words`; how many, and the last interval (lower, length)."""
    lower, length, position = uint64(0), uint64(MOST), 0
    for i in range(len(symbols)):
        scale = length >> _24
        below = scale * split(k[i])
        if symbols[i]:
            length = (scale << _24) - below
            if lower + below < lower:  # a carry into the words that are out
                place = position - 1
                while words[place] == 0xFFFFFFFF:
                    words[place] = 0
                    place -= 1
                words[place] += 1
            lower += below
        else:
            length = below
        if length < _LEAST:
            words[position] = lower >> _32
            position += 1
            lower <<= _32
            length <<= _32
    return position, lower, length
