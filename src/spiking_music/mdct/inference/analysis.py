"""The encoder of `mdct.transform`, in numpy."""

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from spiking_music.config import MdctConfig
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.prior import QUIETEST

Floats = NDArray[np.float32]


class Analysis:
    """Audio (T·hop,) → coefficients, frame gain and envelope, (T, bins + 1 + bands)."""

    def __init__(self, config: MdctConfig, transform: Lapped) -> None:
        self._config, self._transform = config, transform

    def __call__(self, audio: Floats) -> Floats:
        edges, bins = self._config.envelope_edges, self._config.bins
        coefficients = self._transform.forward(audio)
        envelope = [_power(coefficients[:, low:high]) for low, high in pairwise(edges)]
        power = _power(audio.reshape(len(coefficients), -1))
        powers = np.stack([_averaged(power, self._config.gain_frames), *envelope], axis=1)
        gains = np.log2(np.maximum(powers, np.float32(QUIETEST**2)))
        return np.concatenate([coefficients[:, :bins], gains], axis=1)


def _power(x: Floats) -> Floats:
    """The mean square of each row of x (T, n), (T,)."""
    return np.einsum("tn,tn->t", x, x) / np.float32(x.shape[1])


def _averaged(power: Floats, span: int) -> Floats:
    """The mean over `span` frames to either side, or as many as there are."""
    window = 2 * span + 1
    sums = sliding_window_view(np.pad(power, span), window).sum(axis=1)
    counts = sliding_window_view(np.pad(np.ones_like(power), span), window).sum(axis=1)
    return sums / counts
