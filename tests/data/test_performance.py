"""When the dampers fall."""

import numpy as np

from spiking_music.data.performance import RELEASE, Performance


def test_sustain_pedal() -> None:
    start = np.array([0.0, 0.2, 1.0, 3.0])
    stop = np.array([0.5, 0.4, 1.2, 3.5])
    pitch = np.array([60, 64, 60, 67])
    p = Performance(
        start,
        stop,
        pitch,
        np.full(4, 64),
        np.array([0.3, 0.45, 2.0, 3.2]),
        np.array([90, 70, 63, 64]),
    )
    # struck again; held to the lift at 2 s; the same; the last pedal is never lifted
    np.testing.assert_allclose(p.sounding_until(), [1.0, 2.0, 2.0, 3.5])
    assert p.duration == 3.5 + RELEASE
