"""Layers in vector instructions beside the same in numpy."""

import numpy as np
import pytest

from spiking_music.mdct.sparse_layer import layer
from spiking_music.rangecoder.compiled import compiled

ROOF = 8191


@pytest.mark.parametrize(("inputs", "outputs"), [(24, 64), (64, 48), (8, 16)])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])  # of units that are not 0
def test_a_layer_is_that_of_numpy(inputs: int, outputs: int, share: float) -> None:
    written = layer(inputs, outputs, ROOF)

    @compiled()
    def run(sums, weights, units):  # type: ignore[no-untyped-def]
        written(sums, weights, units)

    draw = np.random.default_rng(inputs)
    ends = set()
    for _ in range(20):
        sums = draw.integers(-(1 << 22), 1 << 22, outputs).astype(np.int32)
        weights = draw.integers(-2047, 2048, (inputs, outputs)).astype(np.int32)
        units = draw.integers(0, ROOF, inputs) * (draw.random(inputs) < share)
        expected = ((sums + units @ weights.astype(np.int64)) >> 8).clip(0, ROOF)
        run(sums, weights, units.astype(np.int32))
        np.testing.assert_array_equal(sums, expected)
        ends |= {sums.min(), sums.max()}
    assert {0, ROOF} <= ends  # both are clipped to


def test_sizes_that_vectors_cannot_have_are_refused() -> None:
    with pytest.raises(AssertionError):
        layer(72, 64, ROOF)
    with pytest.raises(AssertionError):
        layer(24, 24, ROOF)
