"""Codes of a clip → one vector: what a probe is given. The same statistics for every kind of code.

Channels (C, T) are averaged over windows of some steps; the mean and the standard deviation of the
windows, 2C numbers, are how much of a channel there is and how unevenly it comes.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spiking_music.config import MelConfig, SignalConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.errors import DataError
from spiking_music.evaluation.codes import open_codes
from spiking_music.evaluation.coding import device_at_hand, read_batch, require_origin
from spiking_music.models.mel import LogMel
from spiking_music.models.weights import load_weights

BATCH = 64  # clips
N_FFT = 2048

Features = NDArray[np.float32]  # (clips, 2C)


def code_features(codes: Sequence[Path], weights: Path, window: int) -> Features:
    """Of the files `codes`, clip after clip, all made by the model `weights`.

    Channels are the units of a binary variant. RVQ indices are names, so a step is the sum of the
    codebook vectors that they name, as the decoder is given it. Raises `CodeError` where model or
    codes are missing, damaged or do not belong together.
    """
    model, config = load_weights(weights, device_at_hand())
    device = next(model.parameters()).device
    parts = []
    for path in codes:
        with open_codes(path) as coded:
            require_origin(coded, weights, config)
            for batch in coded.batches(BATCH):
                if coded.origin.kind == "rvq":
                    indices = torch.from_numpy(batch.astype(np.int64)).to(device)
                    with torch.no_grad():
                        parts.append(pooled(model.bottleneck.decode(indices), window))
                else:
                    parts.append(pooled(torch.from_numpy(batch).float(), window))
    return _joined(parts)


def mel_features(clips: Sequence[Path], mels: int, window: int, signal: SignalConfig) -> Features:
    """Of log-mel spectrograms of the shards `clips`, in `mels` bands, clip after clip."""
    source = Clips(clips)
    spectrogram = LogMel(MelConfig(kind="mel", n_mels=mels, n_fft=N_FFT), signal)
    return _joined(
        pooled(spectrogram(read_batch(source, start, BATCH)[:, None]), window)
        for start in range(0, len(source), BATCH)
    )


def pooled(channels: Tensor, window: int) -> Features:
    """(B, C, T) → (B, 2C); what is left of T after whole windows is not looked at."""
    count = channels.shape[-1] // window
    if not count:
        raise DataError(f"probe.window is {window} steps and a clip has {channels.shape[-1]}")
    windows = channels[..., : count * window].unflatten(-1, (count, window)).mean(-1)
    statistics = torch.cat([windows.mean(-1), windows.std(-1, correction=0)], dim=1)
    result: Features = statistics.cpu().numpy().astype(np.float32)
    return result


def _joined(parts: Iterable[Features]) -> Features:
    filled = list(parts)
    if not filled:
        raise DataError("there are no clips to probe: cut some, or code them")
    return np.concatenate(filled)
