"""What the systems under comparison make of the chosen clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spiking_music.dataset.clip_dataset import Clips
from spiking_music.evaluation.anchor import ANCHORS
from spiking_music.evaluation.codes import Codes, Origin
from spiking_music.evaluation.coding import chosen_codes, decode_batch, device_at_hand
from spiking_music.listening.pages import ANCHOR_NAMES
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights

Audio = NDArray[np.float32]  # (clips, samples)


@dataclass(frozen=True)
class Made:
    """A model, and what it made of the chosen clips."""

    model: Autoencoder
    origin: Origin
    codes: Codes  # (clips, rows, T)
    audio: Audio


def decoded(weights: Path, codes: Path, chosen: Sequence[int], clips: int) -> Made:
    """Decode the `chosen` clips of a split of `clips` from the file `codes` of a model.

    Raises as `chosen_codes` does.
    """
    model, config = load_weights(weights, device_at_hand())
    matrices, origin = chosen_codes(codes, weights, config, chosen, clips)
    return Made(model, origin, matrices, decode_batch(model, matrices, origin.level))


def references(source: Clips, chosen: Sequence[int]) -> Audio:
    """The chosen clips themselves."""
    return np.stack([source.read(clip, 0, source.clip_samples) for clip in chosen])


def anchors(audio: Audio, sample_rate: int) -> dict[str, Audio]:
    """The anchors of `audio`, by their names in a listening test."""
    return {
        name: np.stack([ANCHORS[kind](clip, sample_rate) for clip in audio.astype(np.float64)])
        .astype(np.float32)
        for kind, name in ANCHOR_NAMES.items()
    }  # fmt: skip
