"""Rate–distortion optimised quantisation (*ours*): fewer bits for the same error, encoder only.

The dead-zone quantiser of `inference.quantizer` rounds every bin by itself. Here a bin is sent at
the level of the least error + λ · bits, by the entropy model's own probabilities (Shoham & Gersho
1988; of video coders, Karczewicz et al. 2008). Codes are of the same kind, and decoders need not
know. A window is decided by itself: how a recording is cut into pieces does not matter.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

from spiking_music.errors import CodeError
from spiking_music.mdct.context_mixing import ContextMixing, new_state
from spiking_music.mdct.decisions import (
    ASIDE,
    BEFORE,
    BEHIND,
    FEATURES,
    HIDDEN,
    Ahead,
    Model,
    Price,
    decide,
    describe_all,
    new_work,
)
from spiking_music.mdct.inference.quantizer import Deadzone
from spiking_music.mdct.thermometer import write_bins
from spiking_music.rangecoder.probabilities import costs, sigmoid_table

PRICE = 0.065  # λ, in squared steps a bit: near the slope of rate and error over the levels
LOUDNESS = 0.5  # exponent of a frame's power, by which errors in soft frames count for less
CHEAPEST, DEAREST = 0.1, 3.0  # of what that makes of λ
SCALE = 1.03  # of coefficients, as the post-filter makes most of them louder
WARM = 8  # frames before the first one that its probabilities depend on

Floats = NDArray[np.float32]
Events = NDArray[np.uint8]
Levels = NDArray[np.int64]
SHAPES = {
    "weights": (FEATURES, HIDDEN),
    "bias": (HIDDEN,),
    "outputs": (2, HIDDEN),
    "outputs_bias": (2,),
}


class RateDistortion:
    """Events of a model's windows → cheaper ones."""

    def __init__(
        self,
        quantizer: Deadzone,
        finer: Callable[[Levels | None, int], Floats],
        mixing: ContextMixing,
        ahead: Ahead,
    ) -> None:
        """finer: of levels μ (B,) and their number B, as `MdctNetwork` has it."""
        self._quantizer, self._finer, self._ahead = quantizer, finer, ahead
        self.mixing = mixing
        self.model = Model(mixing.net, sigmoid_table(), mixing.quiet, costs(), quantizer.levels)

    def __call__(
        self, codes: Events, latents: Floats, level: Levels | None, frames: slice, continued: bool
    ) -> Events:
        """Codes (B, N, T) with the `frames` decided anew.

        latents: what the codes were made of. continued: frames before are in the state of the
        entropy model, as the part before is of the same block.
        """
        refined = codes.copy()
        for z, latent, finer in zip(refined, latents, self._finer(level, len(codes)), strict=True):
            levels = self._decided(latent, float(finer), frames, continued)
            write_bins(levels, z[:, frames], self.mixing.layout)
        return refined

    def _decided(
        self, latent: Floats, finer: float, frames: slice, continued: bool
    ) -> NDArray[np.int8]:
        """Signed levels (t, B) of the frames of a window."""
        gain = self._quantizer.gains(latent)
        y = self._quantizer.in_steps(latent, gain, finer)
        warm = min(WARM, frames.start) if continued else 0
        begin, end, _ = slice(frames.start - warm, frames.stop).indices(len(y))
        around = np.zeros((len(y) - begin + BEFORE + BEHIND, y.shape[1] + 2 * ASIDE, 3), np.float32)
        describe_all(y[begin:], around)
        q = np.zeros((end - begin, y.shape[1]), np.int8)
        if warm:
            q[:warm] = self._plain(y[begin : frames.start])
        price = Price(prices(gain)[begin:], SCALE)
        state = new_state(y.shape[1])
        work = new_work(self._ahead)
        decide(y[begin:], q, warm, self.model, state, self._ahead, around, work, price)
        return q[warm:]

    def _plain(self, y: Floats) -> NDArray[np.int8]:
        """Signed levels of coefficients in steps, as the quantiser rounds them."""
        size = np.searchsorted(self._quantizer.thresholds, np.abs(y)).astype(np.int8)
        return np.where(y < 0, -size, size).astype(np.int8)


def prices(gain: Floats) -> Floats:
    """λ of the frames of a window whose frame gains, in units of 3 dB, are (T,)."""
    power = np.exp2(gain.astype(np.float64))
    relative = (power.mean() / power) ** LOUDNESS
    return (PRICE * relative.clip(CHEAPEST, DEAREST)).astype(np.float32)


def load_ahead(path: Path) -> Ahead:
    """The small network at `path`; `CodeError` where the file is damaged or of another shape."""
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError):
        raise CodeError(f"'{path}' is damaged: copy it again") from None
    shapes = {name: array.shape for name, array in arrays.items()}
    if shapes != SHAPES or not all(np.isfinite(array).all() for array in arrays.values()):
        raise CodeError(
            f"'{path}' is not what the encoder of an MDCT model decides by: fit it again"
        )
    return Ahead(**{name: np.ascontiguousarray(arrays[name], np.float32) for name in SHAPES})
