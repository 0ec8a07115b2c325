"""Probabilities of logits: right to the last bit, and symmetric."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from spiking_music.rangecoder.probabilities import LARGEST, LOGITS_A_NAT, bits_of, sigmoid_table
from spiking_music.rangecoder.static import Static


def test_squash_is_the_rounded_logistic_function() -> None:
    for x in range(-LARGEST, LARGEST + 1, 7):
        exact = 65536 / (1 + (-Decimal(x) / LOGITS_A_NAT).exp())
        rounded = int(exact.to_integral_value(ROUND_HALF_UP))
        assert int(sigmoid_table()[x + LARGEST]) == min(max(rounded, 1), 65535)


def test_squash_is_symmetric_and_codes_everything() -> None:
    k = sigmoid_table().astype(int)
    np.testing.assert_array_equal(k + k[::-1], 65536)
    assert (np.diff(k) >= 0).all()
    assert 1 <= k.min() <= k.max() <= 65535


def test_costs() -> None:
    symbols, k = np.array([1, 0, 1, 0], np.int32), np.array([32768, 49152, 1, 1], np.uint16)
    expected = 1 + 2 + 16 - np.log2(65535 / 65536)
    assert abs(bits_of(symbols, k) - expected) < 1e-4


@pytest.mark.parametrize("density", [0, 0.1, 1])
def test_static_bits_are_those_of_its_predictions(codes, density: float) -> None:
    z, k = codes(9, 40, density), np.array([1, 2, 9, 99, 999, 9999, 32768, 65534, 65535], np.uint16)
    assert Static(k).bits(z) == bits_of(*Static(k).predict(z))
