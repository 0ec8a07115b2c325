"""Operations of context mixing: where the compiled network computes, and what it adds up to."""

import numpy as np
import pytest
from numba import njit

from spiking_music.mdct.context_mixing import new_state, prepared, sources
from spiking_music.mdct.context_network import LAGS, REACH, SIZES, accumulate, clear
from spiking_music.mdct.context_operations import HEARD, LAYERS, SIGN, near_events, operations
from spiking_music.mdct.thermometer import Layout
from tests.codec.entropy.conftest import context_mixing, quantized


@njit(nogil=True)
def near_in_network(levels, net, state, sizes, near):  # type: ignore[no-untyped-def]
    """Fill `near` (T, B) with what the network knows of each bin before it is coded."""
    for t in range(levels.shape[0]):
        for n in range(levels.shape[1]):
            near[t, n] = state.near[t % (LAGS + 1), n + REACH]
            if levels[t, n]:
                accumulate(net, state, t, n, levels[t, n], sizes[abs(levels[t, n])])
        clear(state, t % (LAGS + 1))


@pytest.mark.parametrize("bins", [1, 5, 40])
@pytest.mark.parametrize("density", [0.01, 0.1])
def test_bins_near_events_are_those_of_the_network(bins: int, density: float) -> None:
    layout = Layout(bins, 4, 6, 2, 9, 4)
    levels = quantized(layout, 30, density).levels
    net, state = prepared(context_mixing("n", layout).net), new_state(bins)
    expected = np.zeros(levels.shape, bool)
    near_in_network(levels.astype(np.int32), net, state, SIZES, expected)
    np.testing.assert_array_equal(near_events(levels != 0, sources(bins)), expected)


def test_silence_costs_nothing() -> None:
    assert operations(np.zeros((50, 40), np.int8), 4, sources(40)) == 0


@pytest.mark.parametrize(("level", "logits"), [(1, 1), (-2, 2), (3, 3), (4, 3)])
def test_one_event_by_hand(level: int, logits: int) -> None:
    """Logits of an event's levels from the second on; its neighbours' of the first."""
    levels = np.zeros((20, 40), np.int8)
    levels[3, 30] = level
    heard = np.count_nonzero(sources(40) == 30)
    near = np.count_nonzero(near_events(levels != 0, sources(40)))
    expected = (near + 1) * LAYERS + (near + logits) * 48 + SIGN + HEARD + heard * 64
    assert near == 6 + 6 * 13 + heard - np.count_nonzero((sources(40) == 30)[:, 31:37])
    assert operations(levels, 4, sources(40)) == expected
