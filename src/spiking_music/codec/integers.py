"""Codes as integers and as tokens, for those who train language models on top; exact both ways.

One time step of z is N bits. Units are taken in groups of n (the last group may be narrower), and a
group is one integer: unit g·n + k is bit k of the integer of group g. N = 80 with n = 16 gives five
integers a step, each below 65 536; flattened, they are a sequence that runs through the groups of a
step before it goes on to the next step.

A run-length stream has a vocabulary of 2^n + R tokens: a token v < 2^n is the integer v itself,
token 2^n + k − 1 repeats the integer before it k more times, k = 1 .. R. Very sparse codes are
mostly the integer 0, and so mostly repeats.
"""

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError

WIDEST = 63  # bits a group: tokens 2^n .. 2^n + R − 1 must fit into 64 bits as well
WORD = 64


def to_integers(codes: NDArray[np.uint8], bits: int) -> NDArray[np.uint64]:
    """Binary codes (..., N, T) as integers (..., T, G) of `bits` bits, G = ⌈N / bits⌉.

    Raises `CodeError` where an entry is neither 0 nor 1, or `bits` is not within 1 .. 63.
    """
    _check_bits(bits)
    codes = np.asarray(codes)
    if codes.ndim < 2 or not ((codes == 0) | (codes == 1)).all():
        raise CodeError("integers are made of binary codes (..., N, T): every entry must be 0 or 1")
    *batch, units, steps = codes.shape
    groups = -(-units // bits)
    words = np.zeros((*batch, steps, groups * bits), dtype=np.uint8)
    words[..., :units] = codes.swapaxes(-1, -2)
    words = words.reshape(*batch, steps, groups, bits)
    padding = [(0, 0)] * (words.ndim - 1) + [(0, WORD - bits)]
    packed = np.packbits(np.pad(words, padding), axis=-1, bitorder="little")  # (..., T, G, 8) bytes
    return packed.view("<u8")[..., 0].astype(np.uint64)


def from_integers(integers: NDArray[np.uint64], units: int, bits: int) -> NDArray[np.uint8]:
    """Integers (..., T, G) back as binary codes (..., N, T) with N = `units`.

    Raises `CodeError` where the number of groups does not fit N, or an integer has a bit beyond its
    group: such integers are not what `to_integers` makes, for instance because n was another.
    """
    _check_bits(bits)
    integers = np.asarray(integers)
    groups = -(-units // bits)
    if integers.ndim < 2 or integers.shape[-1] != groups:
        raise CodeError(f"{units} units in groups of {bits} need the shape (..., T, {groups})")
    if (integers < 0).any():
        raise CodeError("a code's integers are not negative: decode what to_integers made")
    contiguous = np.ascontiguousarray(integers, dtype="<u8")
    bytes_ = contiguous[..., None].view(np.uint8)  # (..., T, G, 8)
    words = np.unpackbits(bytes_, axis=-1, bitorder="little")  # (..., T, G, 64)
    flat = words[..., :bits].reshape(*integers.shape[:-1], groups * bits)
    if words[..., bits:].any() or flat[..., units:].any():
        raise CodeError(f"an integer has a bit beyond its group: was n = {bits}, N = {units}?")
    return np.ascontiguousarray(flat[..., :units].swapaxes(-1, -2))


def to_tokens(integers: NDArray[np.uint64], bits: int, longest: int) -> NDArray[np.uint64]:
    """A flat sequence (M,) of integers below 2^`bits` as run-length tokens (≤ M,).

    A run longer than one repeat token can say (R = `longest`) takes several, full ones first, so
    that every sequence has exactly one stream. Raises `CodeError` where an integer needs more bits.
    """
    _check_bits(bits, longest)
    values = np.asarray(integers)
    if values.ndim != 1 or (values < 0).any() or (values >> bits).any():
        raise CodeError(f"tokens are made of a flat sequence of integers of {bits} bits: ravel it")
    values = values.astype(np.uint64)
    if not len(values):
        return values
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    repeats = np.diff(starts, append=len(values)) - 1  # (runs,) beyond the first of each run
    tokens_a_run = 1 + -(-repeats // longest)
    ends = np.cumsum(tokens_a_run)
    base = np.uint64(1 << bits)
    tokens = np.full(ends[-1], base + np.uint64(longest - 1))  # full repeats, unless said otherwise
    last = ends[repeats > 0] - 1  # the last repeat of a run takes what is left, 1 .. R
    tokens[last] = base + ((repeats[repeats > 0] - 1) % longest).astype(np.uint64)
    tokens[ends - tokens_a_run] = values[starts]
    return tokens


def from_tokens(tokens: NDArray[np.uint64], bits: int, longest: int) -> NDArray[np.uint64]:
    """Run-length tokens back as the flat sequence of integers.

    Any stream of known tokens that starts with an integer is valid (a language model need not
    choose the shortest one); `CodeError` where it starts with a repeat, or a token is unknown.
    """
    _check_bits(bits, longest)
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or (tokens < 0).any():
        raise CodeError("a token stream is a flat sequence of non-negative integers")
    tokens = tokens.astype(np.uint64)
    if not len(tokens):
        return tokens
    repeat = tokens >= np.uint64(1 << bits)
    counts = np.where(repeat, tokens - np.uint64((1 << bits) - 1), np.uint64(1))
    if repeat[0]:
        raise CodeError("a token stream starts with an integer: there is nothing to repeat yet")
    if (counts > longest).any():
        raise CodeError(f"a token is beyond the vocabulary of 2^{bits} + {longest}: other n, R?")
    spoken = np.maximum.accumulate(np.where(repeat, 0, np.arange(len(tokens))))
    return np.repeat(tokens[spoken], counts.astype(np.int64))


def _check_bits(bits: int, longest: int = 1) -> None:
    if not 1 <= bits <= WIDEST:
        raise CodeError(f"groups hold 1 .. {WIDEST} units, not {bits}: choose a smaller n")
    if not 1 <= longest <= 1 << 31:
        raise CodeError(f"a token says 1 .. 2^31 repetitions, not {longest}: choose another R")
