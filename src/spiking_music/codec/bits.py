"""Whole numbers of a fixed width as a string of bits, most significant bit first (big-endian)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.errors import CodeError

Bits = NDArray[np.uint8]  # one bit an entry, 0 or 1
WORD = 32  # widest number; indices and pointers of a clip need far less
HALF = 16  # bits of the words that are used where they suffice, which is nearly always: faster


def width(values: ArrayLike) -> NDArray[np.int64]:
    """⌈log2 values⌉, bits that tell `values` alternatives apart; 0 where there is no choice.

    Exact for whole numbers below 2^53: the exponent of values − 1, never a rounded logarithm.
    """
    last = np.maximum(np.asarray(values, dtype=np.float64) - 1, 0)
    return np.asarray(np.frexp(last)[1], dtype=np.int64)


def spread(numbers: ArrayLike, bits: int) -> Bits:
    """Numbers (K,) below 2^bits → their binary digits (K, bits)."""
    word = _word(bits)
    words = np.asarray(numbers).astype(f">u{word // 8}")
    return np.unpackbits(words.view(np.uint8)).reshape(-1, word)[:, word - bits :]


def gather(digits: Bits) -> NDArray[np.int64]:
    """Binary digits (K, bits) → numbers (K,): the inverse of `spread`."""
    count, bits = digits.shape
    word = _word(bits)
    words = np.zeros((count, word), dtype=np.uint8)
    words[:, word - bits :] = digits
    return np.packbits(words).view(f">u{word // 8}").astype(np.int64)


def from_bytes(payload: bytes, total: int) -> Bits:
    """The first `total` digits of a payload: the inverse of `np.packbits`.

    Raises `CodeError` unless the payload has just the bytes they need and pads with zeros.
    """
    needed = (total + 7) // 8
    if len(payload) != needed:
        raise CodeError(f"code of {total} bits needs {needed} bytes, but {len(payload)} are there")
    digits = np.unpackbits(np.frombuffer(payload, dtype=np.uint8))
    if digits[total:].any():
        raise CodeError(f"code of {total} bits has ones in its padding")
    return digits[:total]


def _word(bits: int) -> int:
    return HALF if bits <= HALF else WORD
