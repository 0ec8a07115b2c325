"""A few clips of a split as all variants have them: what the page of clips is drawn from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from spiking_music.config import MelConfig, ScalarConfig, SignalConfig, VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.onsets import read_onsets
from spiking_music.evaluation.inference import chosen_codes, decode_batch
from spiking_music.evaluation.reconstruct import clip_places
from spiking_music.evaluation.tuning import pitches
from spiking_music.files import atomic, wrote
from spiking_music.models.mel import FLOOR_DB, LogMel
from spiking_music.models.weights import load_weights

MEL = MelConfig(kind="mel", n_mels=96, n_fft=2048)  # of every spectrogram that is shown
UNITS = "units"

Decibels = NDArray[np.float32]  # (n_mels, frames) re a full-scale sine


@dataclass(frozen=True)
class Sources:
    """The files of a split: clip shards, their tables beside them, and what variants made of it."""

    clips: Sequence[Path]
    onsets: Path | None  # where notes are known
    weights: Mapping[str, Path]
    codes: Mapping[str, Path]
    tuning: Mapping[str, Path]  # tables of `write_tuning`, of the variants that have one


def write_excerpts(sources: Sources, out: Path, count: int, signal: SignalConfig) -> None:
    """Write `count` clips of a split, taken evenly over its performances, to `out` (.npz).

    titles (C,), seconds and sample_rate of the clips, reference (C, n_mels, T) in dB re a
    full-scale sine, onsets (C, 88, T) where notes are known; names (V,) of the variants, levels
    (V,) μ or -1, rows (V,), what the rows of the codes are: "units", "codebooks", "latents", or ""
    where there is no code (mel); sound-<i> (C, n_mels, T) of variant i, and codes-<i> (C, rows, T).
    Of units, pitches-<i> (rows,) and sorting-<i> tell where they stand, see `tuning.pitches`.
    Equal inputs give equal bytes. Raises `DataError` or `CodeError` where files are missing or do
    not belong together.
    """
    tables = [path.with_suffix(".csv") for path in sources.clips]
    notes = None if sources.onsets is None else read_onsets(sources.onsets, tables)
    audio = Clips(sources.clips)
    places = clip_places(tables, len(audio))
    chosen = choose(places["performance"].to_numpy(), places["offset"].to_numpy(), count)
    arrays: dict[str, Any] = {
        "titles": np.array([_title(places.iloc[clip], signal) for clip in chosen]),
        "seconds": np.float64(signal.clip_samples / signal.sample_rate),
        "sample_rate": np.int64(signal.sample_rate),
        "reference": _spectrograms(
            [audio.read(clip, 0, signal.clip_samples) for clip in chosen], signal
        ),
    }
    if notes is not None:
        arrays["onsets"] = np.stack([np.asarray(notes.onsets[clip]) for clip in chosen])
    levels, rows = [], []
    for i, (name, weights) in enumerate(sources.weights.items()):
        model, config = load_weights(weights)
        codes, origin = chosen_codes(sources.codes[name], weights, config, chosen, len(audio))
        arrays[f"sound-{i}"] = _spectrograms(decode_batch(model, codes, origin.level), signal)
        levels.append(origin.level)
        rows.append(_rows(config))
        if rows[-1]:
            arrays[f"codes-{i}"] = codes
        if rows[-1] == UNITS:
            found = pitches(config, sources.tuning.get(name))
            arrays[f"pitches-{i}"], arrays[f"sorting-{i}"] = map(np.asarray, found)
    arrays |= {"names": np.array([*sources.weights], dtype=str)}
    arrays |= {"levels": np.array(levels, dtype=np.int64), "rows": np.array(rows, dtype=str)}
    with atomic(out) as temporary:
        np.savez_compressed(temporary, **arrays)  # entries of a .npz carry no time of writing
    wrote(out)


def choose(performance: NDArray[np.int64], offset: NDArray[np.int64], count: int) -> list[int]:
    """Indices of `count` clips (or all there are), spread evenly over performances and time."""
    order = np.lexsort((offset, performance))
    count = min(count, len(order))
    return [int(order[int((i + 0.5) * len(order) / count)]) for i in range(count)]


def spectrogram_db(audio: NDArray[np.float32], signal: SignalConfig) -> Decibels:
    """Mel spectrogram of `audio` (samples,), a frame a hop of `signal`."""
    bands = LogMel(MEL, signal)(torch.from_numpy(audio)[None, None])[0].numpy()  # -1 .. 1
    return np.asarray((1 - bands) * FLOOR_DB / 2)


def _spectrograms(waveforms: Iterable[NDArray[np.float32]], signal: SignalConfig) -> NDArray:
    return np.stack([spectrogram_db(waveform, signal) for waveform in waveforms])


def _title(place: "pd.Series[int]", signal: SignalConfig) -> str:
    start = place["offset"] / signal.sample_rate
    return f"performance {place['performance']}\nfrom {start:.1f} s"


def _rows(config: VariantConfig) -> str:
    if config.bottleneck.codes == "mel":
        return ""
    if config.bottleneck.codes == "binary":
        return UNITS
    return "latents" if isinstance(config.bottleneck, ScalarConfig) else "codebooks"
