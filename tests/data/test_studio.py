"""Studios: each its own, the same twice, in time, and audible."""

from collections.abc import Iterator

import numpy as np
import pytest

from spiking_music.data.performance import Performance
from spiking_music.data.studio import Studio

RATE = 8000
SEEDS = [(number,) for number in range(6)]


def impulse() -> Iterator[np.ndarray]:
    """Silence for half a second, an impulse on both sides, silence again; in three blocks."""
    sound = np.zeros((2, 3 * RATE), np.float32)
    sound[:, RATE // 2] = 0.5
    yield from np.split(sound, [RATE, RATE + 100], axis=1)


def heard(seed: tuple[int, ...]) -> np.ndarray:
    return np.concatenate(list(Studio(seed, RATE).hear(impulse())), axis=1)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_sound_arrives_at_once_and_dies_away(seed: tuple[int, ...]) -> None:
    wave, studio = heard(seed), Studio(seed, RATE)
    assert np.isfinite(wave).all() and len(wave) == pytest.approx(3 * RATE / studio.speed, abs=2)
    at = int(np.argmax(np.abs(wave)))
    assert abs(at - RATE / 2 / studio.speed) < 0.005 * RATE
    early, late = (
        np.sum(wave[at + a : at + b] ** 2) for a, b in ((-9, RATE // 4), (RATE, 2 * RATE))
    )
    assert early > 10 * late


def test_a_seed_is_a_studio() -> None:
    first = heard(SEEDS[0])
    np.testing.assert_array_equal(first, heard(SEEDS[0]))
    assert len({round(float(np.abs(heard(seed)).max()), 6) for seed in SEEDS}) == len(SEEDS)


def test_a_retuned_performance_keeps_its_times() -> None:
    played = Performance(
        np.array([0.5]),
        np.array([1.0]),
        np.array([60]),
        np.array([80]),
        np.zeros(0),
        np.zeros(0, int),
    )
    studio = Studio((3,), RATE)
    assert studio.speed != 1 and studio.slowed(played).start[0] / studio.speed == pytest.approx(0.5)


def test_seams_of_blocks_are_not_heard() -> None:
    whole = np.concatenate(list(impulse()), axis=1)
    one = np.concatenate(list(Studio(SEEDS[1], RATE).hear(iter([whole]))), axis=1)[0]
    quiet = slice(RATE // 2 - 50, None)  # noise is drawn block by block, and so the same
    np.testing.assert_allclose(heard(SEEDS[1])[quiet], one[quiet], atol=1e-5)
