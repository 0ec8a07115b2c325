"""Whole numbers of a fixed width as a string of bits, most significant bit first (big-endian)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bits = NDArray[np.uint8]  # one bit an entry, 0 or 1
WORD = 32  # widest number; indices and pointers of a clip need far less


def width(values: ArrayLike) -> NDArray[np.int64]:
    """⌈log2 values⌉, bits that tell `values` alternatives apart; 0 where there is no choice.

    Exact for whole numbers below 2^53: the exponent of values − 1, never a rounded logarithm.
    """
    last = np.maximum(np.asarray(values, dtype=np.float64) - 1, 0)
    return np.asarray(np.frexp(last)[1], dtype=np.int64)


def spread(numbers: ArrayLike, bits: int) -> Bits:
    """Numbers (K,) below 2^bits → their binary digits (K, bits)."""
    words = np.asarray(numbers).astype(">u4")[:, None]  # (K, 1)
    return np.unpackbits(words.view(np.uint8), axis=1)[:, WORD - bits :]


def gather(digits: Bits) -> NDArray[np.int64]:
    """Binary digits (K, bits) → numbers (K,): the inverse of `spread`."""
    words = np.zeros((len(digits), WORD), dtype=np.uint8)
    words[:, WORD - digits.shape[1] :] = digits
    return np.packbits(words, axis=1).view(">u4")[:, 0].astype(np.int64)
