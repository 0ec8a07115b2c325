"""Probabilities and code lengths as whole numbers: one table each, the same on every machine.

A probability p is k / 65536 with 1 ≤ k ≤ 65535, exact in float64. Logits are multiples of 1/64 nat
within ±12 nats; their probabilities come from integer arithmetic on 128 fractional bits, because
exp differs between mathematical libraries in the last digit, and one such digit would make a
stream unreadable elsewhere.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from spiking_music.rangecoder.compiled import compiled

LOGITS_A_NAT = 64
WHOLE = 65536  # k of probability one
LARGEST = 12 * LOGITS_A_NAT  # logits are clipped to ±LARGEST
COST_BITS = 1 << 16  # costs are in units of 2^-16 bit
_FRACTION = 128
Probabilities = NDArray[np.float64]


@cache
def sigmoid_table() -> NDArray[np.uint16]:
    """k of the logits −LARGEST .. LARGEST: (2·LARGEST + 1,), round(65536 / (1 + e^(−x/64)))."""
    one = 1 << _FRACTION
    step = _exp_minus(LOGITS_A_NAT)
    power, upper = one, []
    for _ in range(LARGEST + 1):
        total = one + power
        upper.append(min(WHOLE - 1, (WHOLE * one + total // 2) // total))
        power = power * step >> _FRACTION
    lower = [WHOLE - k for k in upper[:0:-1]]
    return np.array(lower + upper, dtype=np.uint16)


@cache
def costs() -> NDArray[np.uint32]:
    """−log2(k / 65536) in units of 2^-16 bit, (65537,); the entry of k = 0 is never used.

    For estimates and reports; no probability depends on it.
    """
    k = np.arange(WHOLE + 1)
    bits = -np.log2(np.maximum(k, 1) / WHOLE)
    return np.rint(bits * COST_BITS).astype(np.uint32)


def bits_of(symbols: NDArray[np.int32], k: NDArray[np.uint16]) -> float:
    """Ideal bits of binary `symbols` (M,) whose probabilities of a one are k / 65536, (M,)."""
    return float(_total(symbols, k, costs())) / COST_BITS


@compiled()
def _total(symbols, k, costs):  # type: ignore[no-untyped-def]
    total = 0
    for i in range(len(symbols)):
        total += costs[k[i]] if symbols[i] else costs[65536 - k[i]]
    return total


def _exp_minus(denominator: int) -> int:
    """e^(−1/denominator) with 128 fractional bits, by its Taylor series."""
    term, total, n = 1 << _FRACTION, 0, 0
    while term:
        total += -term if n % 2 else term
        n += 1
        term //= denominator * n
    return total
