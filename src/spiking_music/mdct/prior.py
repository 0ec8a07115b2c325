"""What is known of an MDCT model without its weights, for the code that trains and that which runs.

How far encoder and decoder reach, and how loud the post-filter expects each bin to be (*ours*).
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spiking_music.config import MdctConfig

QUIETEST = 1e-9  # root mean square below which levels are not told apart


def encoder_reach(config: MdctConfig) -> int:
    """Frames on either side that codes depend on: of the frame gain, and of frames' overlap."""
    return max(1, config.gain_frames)


def decoder_reach(config: MdctConfig, hop: int) -> int:
    """Frames on either side that audio depends on: of the post-filter, its STFT and the inverse."""
    overlap = math.ceil((config.n_fft - hop) // 2 / hop)
    inverse = math.ceil(config.n_fft / 2 / hop)  # frames, and half a frame more
    return config.depth * (config.kernel // 2) + overlap + inverse


def low_bins(config: MdctConfig, hop: int) -> int:
    """Bins of the post-filter's spectrum that coefficients reach, and a side lobe."""
    bins = config.n_fft // 2 + 1
    return min(bins, math.ceil(config.bins / hop * bins) + 4)


def expected_power(config: MdctConfig, hop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The log2 power to expect of a bin at frame gain 0 is matrix @ bands + offset.

    (n_fft/2 + 1, bands) and (n_fft/2 + 1, 1). Bands count from centre to centre, the lowest to the
    lower edge, below which the slope of music from bass to treble takes over.
    """
    places = np.linspace(0, hop, config.n_fft // 2 + 1)
    points = [
        config.envelope_edges[0],
        *((low + high) / 2 for low, high in pairwise(config.envelope_edges)),
    ]
    shares = np.stack([np.interp(places, points, row) for row in np.eye(len(points))], axis=1)
    slope = 2 * np.log2(config.n_fft / 20 / (1 + places / hop / 0.03) ** 2)
    noise = math.log2(3 / 8 * config.n_fft)  # the window's energy: what noise of power 1 has
    offset = shares[:, :1] * slope[:, None] + (1 - shares[:, :1]) * noise
    return shares[:, 1:].astype(np.float32), offset.astype(np.float32)
