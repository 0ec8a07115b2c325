"""The four storage formats of an event matrix z ∈ {0,1}^(N×T): what they cost, and packing.

Lisboa & Bellec 2024, storage formats.

| format | what is stored, in this order | bits (the paper's count) |
|---|---|---|
| dense | every entry, unit by unit | N·T |
| coo | (unit, time) pairs, unit by unit | S·(⌈log2 N⌉ + ⌈log2 T⌉) |
| time | N−1 inner pointers, then times unit by unit | S·⌈log2 T⌉ + (N−1)·⌈log2 S⌉ |
| units | T−1 inner pointers, then units step by step | S·⌈log2 N⌉ + (T−1)·⌈log2 S⌉ |

N units, T steps, and the event count S are known to the reader; `FORMAT_BITS` and `count_bits` say
what naming the format and sending S costs. A pointer takes the S + 1 values 0..S, so a packed
pointer has ⌈log2(S+1)⌉ bits where the paper counts ⌈log2 S⌉: `packed_bits` exceeds `cost` by one
bit a pointer where S is a power of two, and equals it everywhere else.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.codec import bits
from spiking_music.errors import CodeError

FORMATS = ("dense", "coo", "time", "units")
FORMAT_BITS = 2  # a clip, to name one of the four
LEVEL_BITS = 5  # a clip, to send μ in 0..31 (μ-SPARSE)
Counts = NDArray[np.int64]
Events = NDArray[np.uint8]  # z (N, T), entries 0 or 1


class Packed(NamedTuple):
    """A packed event matrix: `bits` of `payload` count, the rest of its last byte is zero."""

    payload: bytes
    bits: int


class Compressed(NamedTuple):
    """The two lists of the compressed formats: L_time and L_units of the paper (or the reverse).

    Lisboa & Bellec 2024, storage formats.
    """

    indices: Counts  # (S,) positions along a row, row by row
    pointers: Counts  # (rows + 1,) where each row starts in `indices`, then S


def cost(format: str, units: int, steps: int, events: ArrayLike) -> Counts:
    """Bits of S = `events` (any shape) in an N × T matrix by the paper's formula (⌈log2 0⌉ = 0).

    Lisboa & Bellec 2024, storage formats.
    Raises `CodeError` for an unknown format or an S outside 0..N·T.
    """
    events = _counts(units, steps, events)
    return _bits(format, units, steps, events, bits.width(events))


def packed_bits(format: str, units: int, steps: int, events: ArrayLike) -> Counts:
    """Bits that `pack` really writes, ⌈log2(S+1)⌉ a pointer (*ours*); errors as for `cost`."""
    events = _counts(units, steps, events)
    return _bits(format, units, steps, events, bits.width(events + 1))


def cheapest(units: int, steps: int, events: ArrayLike) -> tuple[Counts, Counts]:
    """For each S: the index in `FORMATS` of the cheapest (a tie: the earlier), and its `cost`."""
    costs = np.stack([cost(format, units, steps, events) for format in FORMATS])  # (4, …)
    return costs.argmin(axis=0), costs.min(axis=0)


def stored_bits(
    units: int, steps: int, events: ArrayLike, largest: int | None = None, levels: bool = False
) -> Counts:
    """Bits of clips with S = `events` as the paper stores them, with all that a receiver needs.

    Lisboa & Bellec 2024, storage formats: the cheapest format, 2 bits to name it, and S in
    ⌈log2(S_max + 1)⌉ bits. S_max is the `largest` S of the data set; None: N·T, as a sender of one
    clip knows no data set. A model with `levels` sends μ besides, in 5 bits (*ours*).
    """
    _, bits = cheapest(units, steps, events)
    count = count_bits(units * steps if largest is None else largest)
    return bits + FORMAT_BITS + count + (LEVEL_BITS if levels else 0)


def count_bits(largest: int) -> int:
    """⌈log2(S_max + 1)⌉: bits that send the S of a clip when no S exceeds `largest`.

    Lisboa & Bellec 2024, storage formats.
    """
    return int(bits.width(largest + 1))


def entropy_bound(units: int, steps: int, events: ArrayLike) -> NDArray[np.float64]:
    """N·T·H2(S/(N·T)) bits: entropy of independent entries of probability S/(N·T)."""
    from scipy.special import xlogy  # here, as it takes long and codecs need it not

    size = units * steps
    density = _counts(units, steps, events) / size
    nats = -(xlogy(density, density) + xlogy(1 - density, 1 - density))
    return np.asarray(size * nats / np.log(2))


def enumeration_bound(units: int, steps: int, events: ArrayLike) -> NDArray[np.float64]:
    """log2 C(N·T, S) bits: no code that knows S, and treats all matrices alike, needs fewer."""
    from scipy.special import gammaln

    size = units * steps
    events = _counts(units, steps, events)
    nats = gammaln(size + 1) - gammaln(events + 1) - gammaln(size - events + 1)
    return np.asarray(nats / np.log(2))


def compress(z: ArrayLike) -> Compressed:
    """L_time and L_units of z (N, T); of its transpose, L_units and L_time."""
    z = np.asarray(z)
    pointers = np.concatenate([[0], np.count_nonzero(z, axis=1).cumsum()])
    return Compressed(np.flatnonzero(z != 0) % z.shape[1], pointers)  # bools are found faster


def pack(z: ArrayLike, format: str) -> Packed:
    """z (N, T) → bytes; `CodeError` for an unknown format or where z is not a matrix of 0 and 1."""
    z = _matrix(z)
    units, steps = z.shape
    events = int(np.count_nonzero(z))
    total = int(packed_bits(format, units, steps, events))
    if format == "dense":
        digits = z.ravel()
    elif format == "coo":
        unit, time = np.divmod(compress(z.reshape(1, -1)).indices, steps)
        digits = _digits((unit << int(bits.width(steps))) | time, units, steps).ravel()
    else:
        rows = z if format == "time" else z.T
        indices, pointers = compress(rows)
        digits = np.concatenate(
            [
                _digits(pointers[1:-1], events + 1).ravel(),
                _digits(indices, rows.shape[1]).ravel(),
            ]
        )
    return Packed(np.packbits(digits).tobytes(), total)


def unpack(payload: bytes, format: str, units: int, steps: int, events: int) -> Events:
    """The z (N, T) that `pack` was given.

    Raises `CodeError` unless `payload` is exactly what `pack` writes for some z with S = `events`:
    right length, zero padding, indices and pointers within range and in order.
    """
    total = int(packed_bits(format, units, steps, events))
    digits = bits.from_bytes(payload, total)
    if format == "dense":
        if np.count_nonzero(digits) != events:
            raise CodeError(f"dense code holds {np.count_nonzero(digits)} events, not {events}")
        return digits.reshape(units, steps)
    if format == "coo":
        unit, time = int(bits.width(units)), int(bits.width(steps))
        pairs = bits.gather(digits.reshape(events, unit + time))
        return _place(pairs >> time, pairs & ((1 << time) - 1), units, steps)
    if format == "time":
        return _decompress(digits, units, steps, events)
    return np.ascontiguousarray(_decompress(digits, steps, units, events).T)


def _bits(format: str, units: int, steps: int, events: Counts, pointer: Counts) -> Counts:
    """The table above, for pointers of `pointer` bits."""
    unit, time = int(bits.width(units)), int(bits.width(steps))
    if format == "dense":
        return np.full_like(events, units * steps)
    if format == "coo":
        return events * (unit + time)
    if format == "time":
        return events * time + (units - 1) * pointer
    if format == "units":
        return events * unit + (steps - 1) * pointer
    raise CodeError(f"unknown format '{format}'; known are {', '.join(FORMATS)}")


def _counts(units: int, steps: int, events: ArrayLike) -> Counts:
    if units < 1 or steps < 1:
        raise CodeError(f"an event matrix needs at least one unit and step, not {units} x {steps}")
    counts = np.asarray(events, dtype=np.int64)
    if counts.size and not 0 <= counts.min() <= counts.max() <= units * steps:
        wrong = counts.min() if counts.min() < 0 else counts.max()
        raise CodeError(f"{wrong} events do not fit {units} units x {steps} steps")
    return counts


def _matrix(z: ArrayLike) -> Events:
    matrix = np.asarray(z)
    if matrix.ndim != 2:
        raise CodeError(f"an event matrix has two axes (units, steps), not {matrix.ndim}")
    if not ((matrix == 0) | (matrix == 1)).all():
        raise CodeError("an event matrix holds only 0 and 1")
    return matrix.astype(np.uint8)


def _digits(numbers: Counts, *alternatives: int) -> bits.Bits:
    """Numbers (K,) that tell so many alternatives apart (side by side where several) → digits."""
    return bits.spread(numbers, int(bits.width(alternatives).sum()))


def _decompress(digits: bits.Bits, rows: int, columns: int, events: int) -> Events:
    """Inverse of `compress`: pointers and indices → matrix (rows, columns)."""
    pointer, index = int(bits.width(events + 1)), int(bits.width(columns))
    split = (rows - 1) * pointer
    inner = bits.gather(digits[:split].reshape(rows - 1, pointer))
    pointers = np.concatenate([[0], inner, [events]])
    sizes = np.diff(pointers)
    if (sizes < 0).any():
        raise CodeError("pointers of a compressed code must not decrease nor exceed its events")
    indices = bits.gather(digits[split:].reshape(events, index))
    return _place(np.repeat(np.arange(rows), sizes), indices, rows, columns)


def _place(row: Counts, column: Counts, rows: int, columns: int) -> Events:
    """Ones at (row, column), which must be inside and in order: matrix (rows, columns)."""
    if row.max(initial=0) >= rows or column.max(initial=0) >= columns:
        raise CodeError(f"an index of a code lies outside its {rows} x {columns} matrix")
    flat = row * columns + column
    if (np.diff(flat) <= 0).any():
        raise CodeError("events of a code must be in order and differ")
    z = np.zeros(rows * columns, dtype=np.uint8)
    z[flat] = 1
    return z.reshape(rows, columns)
