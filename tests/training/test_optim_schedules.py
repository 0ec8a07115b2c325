import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiking_music.training.optim import gamma, learning_rate
from tests.training.conftest import tiny


def rates(steps: int, warmup: int, final: float = 1e-5) -> list[float]:
    training = tiny(
        steps=steps, warmup_steps=warmup, learning_rate=1e-3, final_learning_rate=final
    ).training
    return [learning_rate(step, training) for step in range(steps)]


def test_learning_rate_corners() -> None:
    curve = rates(steps=101, warmup=10)
    assert curve[0] == pytest.approx(1e-3 / 11)
    assert curve[10] == max(curve) == 1e-3
    assert curve[55] == pytest.approx((1e-3 + 1e-5) / 2)  # half-way down the cosine
    assert curve[-1] == pytest.approx(1e-5)


@given(steps=st.integers(1, 300), warmup=st.integers(0, 400))
def test_learning_rate_rises_then_falls_and_is_never_zero(steps: int, warmup: int) -> None:
    curve = rates(steps, warmup)
    top = min(warmup, steps - 1)
    assert all(a < b for a, b in pairwise(curve[: top + 1]))
    assert all(a >= b for a, b in pairwise(curve[top:]))
    assert all(0 < rate <= 1e-3 for rate in curve)


def test_gamma_corners() -> None:
    assert [gamma(step, 100, 50, 0.3) for step in (0, 99, 100)] == [0, 0, 0]
    assert gamma(125, 100, 50, 0.3) == pytest.approx(0.15)
    assert [gamma(step, 100, 50, 0.3) for step in (150, 151, 10**9)] == [0.3, 0.3, 0.3]
    assert [gamma(step, 10, 0, 0.3) for step in (9, 10)] == [0, 0.3]


@given(
    silent=st.integers(0, 1000),
    ramp=st.integers(1, 1000),
    infinity=st.floats(0, 10),
    step=st.integers(0, 3000),
)
def test_gamma_is_monotone_bounded_and_smooth(
    silent: int, ramp: int, infinity: float, step: int
) -> None:
    now, then = gamma(step, silent, ramp, infinity), gamma(step + 1, silent, ramp, infinity)
    assert 0 <= now <= then <= infinity
    assert then - now <= infinity * math.pi / (2 * ramp) + 1e-12  # the steepest slope of a cosine
